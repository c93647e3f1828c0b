# Talks to an XML-RPC endpoint with Perl's XMLRPC::Lite; prints one JSON object.
use strict;
use warnings;
use Encode qw(decode);
use JSON::PP;
use XMLRPC::Lite;

my ($endpoint, $source, $target) = map { decode('UTF-8', $_) } @ARGV;
my $server = XMLRPC::Lite->proxy($endpoint);

sub call {
    my ($method, @strings) = @_;
    my $answer = $server->call($method, map { XMLRPC::Data->type(string => $_) } @strings);
    return $answer->result unless $answer->fault;
    return { code => 0 + $answer->faultcode, text => $answer->faultstring };
}

# Perl reads numbers as words.
my $capabilities = call('system.getCapabilities');
$_->{specVersion} += 0 for values %$capabilities;

print JSON::PP->new->utf8->encode({
    methods      => call('system.listMethods'),
    capabilities => $capabilities,
    ping         => call('pingback.ping', $source, $target),
    again        => call('pingback.ping', $source, $target),
    foreign      => call('pingback.ping', $source, 'https://elsewhere.example/'),
    unknown      => call('nosuch.method'),
    pingbacks    => call('pingback.extensions.getPingbacks', $target),
});
