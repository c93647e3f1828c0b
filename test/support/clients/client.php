<?php
// Talks to an XML-RPC endpoint with PHP's xmlrpc extension; prints one JSON object.
[, $endpoint, $source, $target] = $argv;

function call(string $method, string ...$strings): mixed
{
    global $endpoint;
    $answer = file_get_contents($endpoint, false, stream_context_create(['http' => [
        'method' => 'POST',
        'header' => 'Content-Type: text/xml',
        'content' => xmlrpc_encode_request($method, $strings, ['encoding' => 'UTF-8', 'escaping' => 'markup']),
    ]]));
    $value = xmlrpc_decode($answer, 'UTF-8');
    if (is_array($value) && xmlrpc_is_fault($value)) {
        return ['code' => $value['faultCode'], 'text' => $value['faultString']];
    }
    return $value;
}

echo json_encode([
    'methods' => call('system.listMethods'),
    'capabilities' => call('system.getCapabilities'),
    'ping' => call('pingback.ping', $source, $target),
    'again' => call('pingback.ping', $source, $target),
    'foreign' => call('pingback.ping', $source, 'https://elsewhere.example/'),
    'unknown' => call('nosuch.method'),
    'pingbacks' => call('pingback.extensions.getPingbacks', $target),
], JSON_THROW_ON_ERROR);
