using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Tests.Api;

public class ConnectTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "one\ntwo\nthree\n")]
    [InlineData("&tailLines=2", "two\nthree\n")]
    [InlineData("&tailLines=0", "")]
    [InlineData("&limitBytes=5", "one\nt")]
    [InlineData("&sinceTime=2026-01-01T00:00:01Z", "two\nthree\n")]
    [InlineData("&sinceTime=2026-01-01T00:00:01Z&tailLines=5", "two\nthree\n")]
    [InlineData("&timestamps=true&tailLines=1", "2026-01-01T00:00:02.5Z three\n")]
    public async Task A_log_is_shown_as_far_as_it_was_asked_for(string options, string expected)
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");
        world.Runtime.Print(Start, "one");
        world.Runtime.Print(Start.AddSeconds(1), "two");
        world.Runtime.Print(Start.AddSeconds(2.5), "three");

        Assert.Equal(expected, await world.Client.GetStringAsync($"/api/v1/namespaces/default/pods/web/log?container=main{options}", Cancel));
    }

    [Fact]
    public async Task A_log_is_followed_line_by_line()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");
        world.Runtime.Print(Start, "one");
        world.Runtime.Print(Start, "two");

        using var reader = new StreamReader(await world.Client.GetStreamAsync("/api/v1/namespaces/default/pods/web/log?follow=true&tailLines=1", Cancel));

        Assert.Equal("two", await reader.ReadLineAsync(Cancel));
        world.Runtime.Print(Start, "three");
        Assert.Equal("three", await reader.ReadLineAsync(Cancel));
    }

    [Theory]
    [InlineData("two", "log", 400, "a container name must be specified for pod two, choose one of: [a b]")]
    [InlineData("two", "log?container=c", 400, "container c is not valid for pod two")]
    [InlineData("two", "log?container=a&tailLines=-1", 422, "PodLogOptions \"two\" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("two", "log?container=a&previous=true", 400, "previous terminated container \"a\" in pod \"two\" not found")]
    [InlineData("two", "exec?command=echo&stdout=1", 400, "a container name must be specified for pod two, choose one of: [a b]")]
    [InlineData("two", "exec?command=echo&container=a", 400, "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData("two", "exec?command=echo&container=a&stdout=1", 400, "Upgrade request required")]
    [InlineData("none", "log", 404, "pods \"none\" not found")]
    [InlineData("none", "exec?command=echo", 404, "pods \"none\" not found")]
    public async Task What_cannot_be_done_is_said_in_the_servers_words(string pod, string request, int status, string message)
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("two", "a", "b");

        (int code, JsonNode body) = await world.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/default/pods/{pod}/{request}");

        Assert.Equal((status, message), (code, body.TextAt("message")));
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v5.channel.k8s.io")]
    [InlineData("v4.base64.channel.k8s.io")]
    public async Task A_command_writes_to_its_channels_and_ends_with_its_exit_code(string protocol)
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");

        Assert.Equal(("hello there\n", "", "Success", null), await RunAsync(world, protocol, "command=echo&command=hello&command=there&stdout=1&stderr=1"));
        Assert.Equal(("", "it went wrong\n", "Failure", "3"), await RunAsync(world, protocol, "command=fail&command=3&stdout=1&stderr=1"));
        (string output, _, string status, _) = await RunAsync(world, protocol, "command=large&command=1000000&stdout=1&stderr=1");
        Assert.Equal((1_000_000, "Success"), (output.Length, status));
    }

    [Fact]
    public async Task A_command_reads_its_input_to_the_end_that_the_client_tells()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");

        Assert.Equal(("some input", "", "Success", null), await RunAsync(world, "v5.channel.k8s.io", "command=cat&stdin=1&stdout=1", "some input"));
    }

    [Fact]
    public async Task A_command_ends_when_its_client_goes_away()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");
        using ClientWebSocket socket = await ConnectAsync(world, "v4.channel.k8s.io", "command=wait&stdout=1");
        await socket.ReceiveAsync(new byte[100], Cancel);

        socket.Abort();

        await world.Runtime.Cancelled.Task.WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_command_that_cannot_start_says_why()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");
        using ClientWebSocket socket = await ConnectAsync(world, "v4.channel.k8s.io", "command=nonesuch&stdout=1");

        (_, _, JsonNode status) = await ReadAsync(socket, isText: false);

        Assert.Equal(("InternalError", "Internal error occurred: error executing command in container: exec: \"nonesuch\": executable file not found in $PATH"),
            (status.TextAt("reason"), status.TextAt("message")));
    }

    [Theory]
    [InlineData("exec?command=echo&stdout=1", "Upgrade: SPDY/3.1", "WebSockets")]
    [InlineData("portforward", "Upgrade: SPDY/3.1", "Show-IstioIngress")]
    [InlineData("portforward", "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io", "Show-IstioIngress")]
    public async Task A_client_that_speaks_SPDY_is_told_what_to_do_instead(string request, string header, string instead)
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.RunPodAsync("web", "main");
        Testing.ProgramResult curl = await Testing.TestbedScripts.TryRunAsync("curl", ["--silent", "--insecure", "--header", $"Authorization: Bearer {world.Api.AdministratorToken}",
            "--header", "Connection: Upgrade", "--header", header, "--request", "POST", $"{world.Address}api/v1/namespaces/default/pods/web/{request}"]);

        Assert.Contains("The sandbox does not speak SPDY", curl.Output, StringComparison.Ordinal);
        Assert.Contains(instead, curl.Output, StringComparison.Ordinal);
    }

    private static async Task<(string Output, string Error, string Status, string? ExitCode)> RunAsync(ApiWorld world, string protocol, string query, string? input = null)
    {
        using ClientWebSocket socket = await ConnectAsync(world, protocol, query);
        if (input is not null)
        {
            await socket.SendAsync((byte[])[0, .. Encoding.UTF8.GetBytes(input)], WebSocketMessageType.Binary, true, Cancel);
            await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, Cancel);
        }
        (string output, string error, JsonNode status) = await ReadAsync(socket, protocol.Contains("base64", StringComparison.Ordinal));
        return (output, error, status.TextAt("status")!, (status.At("details.causes") as JsonArray)?[0].TextAt("message"));
    }

    private static async Task<ClientWebSocket> ConnectAsync(ApiWorld world, string protocol, string query)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        await socket.ConnectAsync(new Uri($"wss://sandbox/api/v1/namespaces/default/pods/web/exec?container=main&{query}"), world.Client, Cancel);
        Assert.Equal(protocol, socket.SubProtocol);
        return socket;
    }

    private static async Task<(string Output, string Error, JsonNode Status)> ReadAsync(ClientWebSocket socket, bool isText)
    {
        var channels = new Dictionary<int, List<byte>> { [1] = [], [2] = [], [3] = [] };
        var buffer = new byte[2_000_000];
        while (true)
        {
            int length = 0;
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(length), Cancel);
                length += part.Count;
            }
            while (!part.EndOfMessage);
            if (part.MessageType == WebSocketMessageType.Close)
                break;
            if (isText)
                channels[buffer[0] - '0'].AddRange(Convert.FromBase64String(Encoding.ASCII.GetString(buffer, 1, length - 1)));
            else
                channels[buffer[0]].AddRange(buffer.AsSpan(1, length - 1));
        }
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        return (Text(1), Text(2), JsonNode.Parse(Text(3))!);

        string Text(int channel) => Encoding.UTF8.GetString([.. channels[channel]]);
    }
}
