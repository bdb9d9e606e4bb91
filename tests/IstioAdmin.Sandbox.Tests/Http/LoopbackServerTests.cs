using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Testing;

namespace IstioAdmin.Sandbox.Tests.Http;

/// <summary>What comes over a socket, byte by byte.</summary>
public class LoopbackServerTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_in_one_packet_are_answered_in_turn()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        string answers = await TalkAsync(server, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\nHost: x\nConnection: close\n\n");

        Assert.Equal(["GET /1 []", "POST /2 [abc]", "GET /3 []"], Bodies(answers));
    }

    [Fact]
    public async Task A_client_that_closes_its_sending_side_still_gets_its_answer()
    {
        await using LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            await Task.Delay(100);
            await EchoAsync(exchange);
        });

        string answer = await TalkAsync(server, "GET /half HTTP/1.1\r\nHost: x\r\n\r\n", shutdown: true);

        Assert.Equal(["GET /half []"], Bodies(answer));
    }

    [Fact]
    public async Task Bodies_stream_both_ways_at_once()
    {
        await using LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "text/plain");
            using var lines = new StreamReader(exchange.Body);
            while (await lines.ReadLineAsync() is { } line)
            {
                await answer.WriteAsync(Encoding.UTF8.GetBytes($"echo {line}\n"));
                await answer.FlushAsync();
            }
        });
        using TcpClient client = await ConnectAsync(server);
        NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream);

        await stream.WriteAsync("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\nfirst\n\r\n"u8.ToArray(), Cancel);
        Assert.Equal("echo first", await AfterAsync(reader, "b"));
        await stream.WriteAsync("7\r\nsecond\n\r\n"u8.ToArray(), Cancel);
        Assert.Equal("echo second", await AfterAsync(reader, "c"));
        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), Cancel);
        Assert.Equal("\r\n0\r\n\r\n", await reader.ReadToEndAsync(Cancel));

        // The line that follows the size of a chunk, in hexadecimal digits.
        static async Task<string?> AfterAsync(StreamReader reader, string size)
        {
            string? line;
            do
                line = await reader.ReadLineAsync(Cancel);
            while (line is not null && !string.Equals(line, size, StringComparison.OrdinalIgnoreCase));
            return await reader.ReadLineAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_body_in_chunks_is_put_together()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        string answers = await TalkAsync(server, """
            POST /a HTTP/1.1
            Host: x
            Transfer-Encoding: chunked

            5;name=value
            hello
            A
             and ten b
            0
            Trailer: x

            GET /b HTTP/1.1
            Host: x
            Connection: close


            """.ReplaceLineEndings("\r\n"));

        Assert.Equal(["POST /a [hello and ten b]", "GET /b []"], Bodies(answers));
    }

    [Fact]
    public async Task A_client_that_waits_to_be_told_is_told_to_send_its_body()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);
        using TcpClient client = await ConnectAsync(server);
        NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);

        await SendAsync(stream, "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Cancel));
        await SendAsync(stream, "body");

        Assert.Equal(["PUT /x [body]"], Bodies((await reader.ReadToEndAsync(Cancel)).TrimStart()));
    }

    [Fact]
    public async Task A_client_that_waits_to_be_told_and_is_refused_does_not_hang()
    {
        await using LoopbackServer server = LoopbackServer.Start(exchange => HttpWorld.AnswerAsync(exchange, "no", 403));

        string answer = await TalkAsync(server, "PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 403 Forbidden", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_to_HEAD_has_its_length_and_no_body()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        string answer = await TalkAsync(server, "HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Contains("Content-Length: 10\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_no_chunks()
    {
        await using LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "text/plain");
            await answer.WriteAsync("plain"u8.ToArray());
        });

        string answer = await TalkAsync(server, "GET /x HTTP/1.0\r\n\r\n");

        Assert.DoesNotContain("chunked", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nplain", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rubbish\r\n\r\n", 400)]
    [InlineData("GET\r\n\r\n", 400)]
    [InlineData("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /x HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /x HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n", 400)]
    [InlineData("GET /x HTTP/1.1\r\nHost: x\r\n folded: yes\r\n\r\n", 400)]
    [InlineData("GET /x HTTP/1.1\r\nHost: x\r\nBad\u0001: x\r\n\r\n", 400)]
    [InlineData("GET /x HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: two\r\n\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400)]
    [InlineData("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", 400)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n", 400)]
    public async Task What_is_no_request_is_refused_and_the_next_client_served(string bytes, int status)
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        string answer = await TalkAsync(server, bytes);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.Equal(["GET /next []"], Bodies(await TalkAsync(server, "GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
    }

    [Fact]
    public async Task Headers_without_end_are_refused()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        string large = string.Concat(Enumerable.Repeat($"X-Filler: {new string('a', 1000)}\r\n", 1000));
        string answer = await TalkAsync(server, "GET /x HTTP/1.1\r\nHost: x\r\n" + large + "\r\n");

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_dawdles_over_its_headers_is_told_so()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync, limits: new HttpLimits { HeadTimeout = TimeSpan.FromMilliseconds(50) });

        Assert.StartsWith("HTTP/1.1 408 ", await TalkAsync(server, "GET /x HTTP/1.1\r\nHo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_dawdles_over_its_body_is_told_so()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync, limits: new HttpLimits { BodyTimeout = TimeSpan.FromMilliseconds(50) });

        Assert.StartsWith("HTTP/1.1 408 ", await TalkAsync(server, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_sends_a_byte_at_a_time_is_served()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);
        using TcpClient client = await ConnectAsync(server);
        NetworkStream stream = client.GetStream();

        foreach (byte one in "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"u8.ToArray())
        {
            await stream.WriteAsync(new[] { one }, Cancel);
            await Task.Delay(1, Cancel);
        }

        using var reader = new StreamReader(stream);
        Assert.Equal(["POST /x [abc]"], Bodies(await reader.ReadToEndAsync(Cancel)));
    }

    [Fact]
    public async Task A_body_that_is_cut_fails_its_handler()
    {
        var failure = new TaskCompletionSource<Exception>();
        await using LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            try
            {
                await HttpWorld.ReadAsync(exchange.Body);
            }
            catch (IOException e)
            {
                failure.SetResult(e);
                throw;
            }
        });
        using (TcpClient client = await ConnectAsync(server))
            await SendAsync(client.GetStream(), "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");

        Assert.Contains("middle of the request's body", (await failure.Task.WaitAsync(Cancel)).Message, StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(() => server.ConnectionCount == 0, "the connection is closed");
    }

    [Fact]
    public async Task A_body_that_nobody_read_does_not_become_the_next_request()
    {
        await using LoopbackServer server = LoopbackServer.Start(exchange => HttpWorld.AnswerAsync(exchange, exchange.Path));
        string smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

        string answers = await TalkAsync(server, $"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: {smuggled.Length}\r\n\r\n{smuggled}GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        Assert.Equal(["/1", "/2"], Bodies(answers));
    }

    [Fact]
    public async Task The_answer_to_a_large_body_that_nobody_read_arrives()
    {
        await using LoopbackServer server = LoopbackServer.Start(exchange => HttpWorld.AnswerAsync(exchange, "too large", 413));

        string answer = await TalkAsync(server, "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + new string('a', 3_000_000));

        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("too large", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_fails_is_a_500_and_its_failure_is_reported()
    {
        var failures = new List<Exception>();
        await using LoopbackServer server = LoopbackServer.Start(_ => throw new InvalidOperationException("secret detail"), onError: failures.Add);

        string answer = await TalkAsync(server, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 500 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", answer, StringComparison.Ordinal);
        Assert.Equal("secret detail", Assert.Single(failures).Message);
    }

    [Fact]
    public async Task Stopping_ends_watches_and_idle_connections()
    {
        var watching = new TaskCompletionSource();
        LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "text/plain");
            watching.TrySetResult();
            await Task.Delay(Timeout.Infinite, exchange.Aborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using TcpClient idle = await ConnectAsync(server);
        using TcpClient watch = await ConnectAsync(server);
        await SendAsync(watch.GetStream(), "GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
        await watching.Task.WaitAsync(Cancel);

        await server.StopAsync();

        using var reader = new StreamReader(watch.GetStream());
        Assert.EndsWith("0\r\n\r\n", await reader.ReadToEndAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(0, await idle.GetStream().ReadAsync(new byte[1], Cancel));
        Assert.Equal(0, server.ConnectionCount);
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(server));
    }

    [Fact]
    public async Task Stopping_does_not_wait_for_a_handler_that_does_not_listen()
    {
        var arrived = new TaskCompletionSource();
        LoopbackServer server = LoopbackServer.Start(async exchange =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        });
        using TcpClient client = await ConnectAsync(server);
        await SendAsync(client.GetStream(), "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
        await arrived.Task.WaitAsync(Cancel);

        await server.StopAsync().WaitAsync(Cancel);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error()
    {
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync);

        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => LoopbackServer.Start(EchoAsync, port: server.Port)).SocketErrorCode);
    }

    [Fact]
    public async Task A_client_without_TLS_is_told_that_there_is_TLS()
    {
        using var authority = CertificateAuthority.Create("test authority");
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync, authority.IssueServer());

        string answer = await TalkAsync(server, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("Client sent an HTTP request to an HTTPS server.\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_that_was_kept_is_trusted_for_the_certificates_that_it_issues_later()
    {
        string trusted, kept;
        using (var first = CertificateAuthority.Create("test authority"))
            (trusted, kept) = (first.CertificatePem, first.ExportPem());
        using CertificateAuthority again = CertificateAuthority.Load(kept);
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync, again.IssueServer());
        using TcpClient client = await ConnectAsync(server);

        await using var tls = new SslStream(client.GetStream());
        SslClientAuthenticationOptions trust = HttpWorld.Trust(trusted);
        trust.TargetHost = "localhost";
        await tls.AuthenticateAsClientAsync(trust, Cancel);

        Assert.True(tls.IsAuthenticated);
    }

    [Fact]
    public async Task Curl_is_served()
    {
        using var authority = CertificateAuthority.Create("test authority");
        await using LoopbackServer server = LoopbackServer.Start(EchoAsync, authority.IssueServer());
        string bundle = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(bundle, authority.CertificatePem, Cancel);
        string body = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(body, new string('b', 2_000_000), Cancel);
        try
        {
            ProgramResult curl = await TestbedScripts.TryRunAsync("curl", ["--silent", "--show-error", "--cacert", bundle, $"{server.Address}1", $"{server.Address}2",
                "--next", "--silent", "--cacert", bundle, "--request", "PUT", "--upload-file", body, $"{server.Address}3"]);

            Assert.Equal("", curl.Error);
            Assert.Equal("GET /1 []GET /2 []PUT /3 [" + new string('b', 2_000_000) + "]", curl.Output);
        }
        finally
        {
            File.Delete(bundle);
            File.Delete(body);
        }
    }

    private static async Task EchoAsync(HttpExchange exchange)
        => await HttpWorld.AnswerAsync(exchange, $"{exchange.Method} {exchange.Path} [{await HttpWorld.ReadAsync(exchange.Body)}]");

    private static async Task<TcpClient> ConnectAsync(LoopbackServer server)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", server.Port, Cancel);
        return client;
    }

    private static Task SendAsync(Stream stream, string text) => stream.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel).AsTask();

    private static async Task<string> TalkAsync(LoopbackServer server, string text, bool shutdown = false)
    {
        using TcpClient client = await ConnectAsync(server);
        NetworkStream stream = client.GetStream();
        Task sending = SendAsync(stream, text);
        if (shutdown)
        {
            await sending;
            client.Client.Shutdown(SocketShutdown.Send);
        }
        using var reader = new StreamReader(stream, Encoding.Latin1);
        string answer = await reader.ReadToEndAsync(Cancel);
        // The server may have had enough before all was sent.
        await sending.ContinueWith(_ => { }, TaskScheduler.Default);
        return answer;
    }

    // The bodies of answers that all have a length.
    private static List<string> Bodies(string answers)
    {
        var bodies = new List<string>();
        for (int at = 0; at < answers.Length;)
        {
            int body = answers.IndexOf("\r\n\r\n", at, StringComparison.Ordinal) + 4;
            string head = answers[at..body];
            const string Header = "Content-Length: ";
            int start = head.IndexOf(Header, StringComparison.Ordinal) + Header.Length;
            int length = int.Parse(head[start..head.IndexOf('\r', start)], System.Globalization.CultureInfo.InvariantCulture);
            bodies.Add(answers.Substring(body, length));
            at = body + length;
        }
        return bodies;
    }
}
