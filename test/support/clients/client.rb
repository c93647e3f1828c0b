# Talks to an XML-RPC endpoint with Ruby's client; prints one JSON object.
require 'json'
require 'xmlrpc/client'

endpoint, source, target = ARGV
server = XMLRPC::Client.new2(endpoint)

def fault
  yield
rescue XMLRPC::FaultException => e
  { code: e.faultCode, text: e.faultString }
end

puts JSON.generate(
  methods: server.call('system.listMethods'),
  capabilities: server.call('system.getCapabilities'),
  ping: server.call('pingback.ping', source, target),
  again: fault { server.call('pingback.ping', source, target) },
  foreign: fault { server.call('pingback.ping', source, 'https://elsewhere.example/') },
  unknown: fault { server.call('nosuch.method') },
  pingbacks: server.call('pingback.extensions.getPingbacks', target)
)
