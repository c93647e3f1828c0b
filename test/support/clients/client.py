"""Talks to an XML-RPC endpoint with Python's own client; prints one JSON object."""
import json
import sys
import xmlrpc.client

endpoint, source, target = sys.argv[1:4]
server = xmlrpc.client.ServerProxy(endpoint)


def fault(call):
    try:
        return call()
    except xmlrpc.client.Fault as error:
        return {"code": error.faultCode, "text": error.faultString}


print(json.dumps({
    "methods": server.system.listMethods(),
    "capabilities": server.system.getCapabilities(),
    "ping": server.pingback.ping(source, target),
    "again": fault(lambda: server.pingback.ping(source, target)),
    "foreign": fault(lambda: server.pingback.ping(source, "https://elsewhere.example/")),
    "unknown": fault(lambda: server.nosuch.method()),
    "pingbacks": server.pingback.extensions.getPingbacks(target),
}))
