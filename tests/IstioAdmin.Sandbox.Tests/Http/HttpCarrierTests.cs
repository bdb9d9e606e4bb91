using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;

namespace IstioAdmin.Sandbox.Tests.Http;

/// <summary>What holds for a request whatever carries it.</summary>
public class HttpCarrierTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_handler_sees_the_request_and_the_client_its_answer(string carrier)
    {
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            string body = await HttpWorld.ReadAsync(exchange.Body);
            string text = $"{exchange.Method} {exchange.Path} {exchange.Query["a"]} {exchange.Headers["x-two"]} {exchange.Headers["content-type"]} {body}";
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            await using Stream answer = await exchange.RespondAsync(201, "text/plain", bytes.Length, new Dictionary<string, string> { ["X-Answer"] = "yes" });
            await answer.WriteAsync(bytes);
        });
        using var request = new HttpRequestMessage(HttpMethod.Put, "/some%2Fpath?a=b%20c") { Content = new StringContent("grüße", Encoding.UTF8, "text/x") };
        request.Headers.Add("X-Two", ["1", "2"]);

        using HttpResponseMessage response = await world.Client.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("yes", response.Headers.GetValues("X-Answer").Single());
        string answer = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Equal("PUT /some%2Fpath b c 1,2 text/x; charset=utf-8 grüße", answer.Replace("1, 2", "1,2", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task Each_flush_reaches_a_client_that_waits_for_the_next_event(string carrier)
    {
        var next = new SemaphoreSlim(0);
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "application/json");
            for (int number = 0; number < 3; number++)
            {
                await next.WaitAsync(exchange.Aborted);
                await answer.WriteAsync(Encoding.UTF8.GetBytes($"event {number}\n"));
                await answer.FlushAsync();
            }
        });

        // The head comes before the first event does.
        using HttpResponseMessage response = await world.Client.GetAsync("/watch", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));

        for (int number = 0; number < 3; number++)
        {
            next.Release();
            Assert.Equal($"event {number}", await reader.ReadLineAsync(Cancel));
        }
        Assert.Null(await reader.ReadLineAsync(Cancel));
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_client_that_drops_a_watch_is_noticed(string carrier)
    {
        var aborted = new TaskCompletionSource();
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "application/json");
            await Task.Delay(Timeout.Infinite, exchange.Aborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        });

        HttpResponseMessage response = await world.Client.GetAsync("/watch", HttpCompletionOption.ResponseHeadersRead, Cancel);
        response.Dispose();

        await aborted.Task.WaitAsync(Cancel);
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_client_that_stops_reading_while_it_waits_is_noticed(string carrier)
    {
        var aborted = new TaskCompletionSource();
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "application/json");
            await Task.Delay(Timeout.Infinite, exchange.Aborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        });
        HttpResponseMessage response = await world.Client.GetAsync("/watch", HttpCompletionOption.ResponseHeadersRead, Cancel);
        Stream events = await response.Content.ReadAsStreamAsync(Cancel);
        Task<int> reading = events.ReadAsync(new byte[10], Cancel).AsTask();

        response.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(() => reading.WaitAsync(Cancel));
        await aborted.Task.WaitAsync(Cancel);
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_request_that_is_cancelled_before_its_answer_is_noticed(string carrier)
    {
        var arrived = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, exchange.Aborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        });
        using var cancelled = new CancellationTokenSource();

        Task<HttpResponseMessage> asking = world.Client.GetAsync("/slow", cancelled.Token);
        await arrived.Task.WaitAsync(Cancel);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await aborted.Task.WaitAsync(Cancel);
    }

    // HttpClient sends all of a body before it reads, where a connection carries it.
    [Fact]
    public async Task Bodies_stream_both_ways_at_once_within_the_process()
    {
        await using HttpWorld world = HttpWorld.Start("process", async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "text/plain");
            using var reader = new StreamReader(exchange.Body);
            while (await reader.ReadLineAsync() is { } line)
            {
                await answer.WriteAsync(Encoding.UTF8.GetBytes($"echo {line}\n"));
                await answer.FlushAsync();
            }
        });
        var pipe = new Pipe();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = new LiveContent(pipe.Reader) };
        await pipe.Writer.WriteAsync("first\n"u8.ToArray(), Cancel);

        using HttpResponseMessage response = await world.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancel));

        Assert.Equal("echo first", await reader.ReadLineAsync(Cancel));
        await pipe.Writer.WriteAsync("second\n"u8.ToArray(), Cancel);
        Assert.Equal("echo second", await reader.ReadLineAsync(Cancel));
        await pipe.Writer.CompleteAsync();
        Assert.Null(await reader.ReadLineAsync(Cancel));
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_body_that_writes_itself_arrives(string carrier)
    {
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange => await HttpWorld.AnswerAsync(exchange, await HttpWorld.ReadAsync(exchange.Body)));

        using HttpResponseMessage response = await world.Client.PostAsJsonAsync("/", new { name = "web" }, Cancel);

        Assert.Equal("""{"name":"web"}""", await response.Content.ReadAsStringAsync(Cancel));
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task Half_an_answer_never_looks_whole(string carrier)
    {
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            await using Stream answer = await exchange.RespondAsync(200, "text/plain", exchange.Path == "/length" ? 100 : null);
            await answer.WriteAsync("half"u8.ToArray());
            await answer.FlushAsync();
            if (exchange.Path == "/failing")
                throw new InvalidOperationException("the handler fails");
        });

        await Assert.ThrowsAsync<HttpRequestException>(() => world.Client.GetStringAsync("/failing", Cancel));
        await Assert.ThrowsAsync<HttpRequestException>(() => world.Client.GetStringAsync("/length", Cancel));
        Assert.Equal("half", await world.Client.GetStringAsync("/whole", Cancel));
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task Large_bodies_arrive_unchanged_with_a_length_and_without(string carrier)
    {
        byte[] large = new byte[5_000_000];
        new Random(1).NextBytes(large);
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            using var copy = new MemoryStream();
            await exchange.Body.CopyToAsync(copy);
            await using Stream answer = await exchange.RespondAsync(200, "application/octet-stream", exchange.Query.Flag("length") ? copy.Length : null);
            copy.Position = 0;
            await copy.CopyToAsync(answer, 7001);
        });

        foreach (string path in new[] { "/?length=1", "/" })
        {
            using HttpResponseMessage response = await world.Client.PostAsync(path, new ByteArrayContent(large), Cancel);
            Assert.Equal(large, await response.Content.ReadAsByteArrayAsync(Cancel));
        }
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_thousand_requests_in_turn_and_a_hundred_at_once_are_answered(string carrier)
    {
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            await Task.Yield();
            await HttpWorld.AnswerAsync(exchange, $"{exchange.Path} {await HttpWorld.ReadAsync(exchange.Body)}");
        });

        for (int number = 0; number < 1000; number++)
            Assert.Equal($"/{number} ", await world.Client.GetStringAsync($"/{number}", Cancel));
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(async number =>
        {
            using HttpResponseMessage response = await world.Client.PostAsync($"/{number}", new StringContent($"body {number}"), Cancel);
            return await response.Content.ReadAsStringAsync(Cancel);
        }));
        Assert.Equal(Enumerable.Range(0, 100).Select(number => $"/{number} body {number}"), answers);
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_WebSocket_speaks_the_subprotocol_that_the_handler_chose(string carrier)
    {
        var ended = new TaskCompletionSource();
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            if (!exchange.IsWebSocketRequest)
            {
                await HttpWorld.AnswerAsync(exchange, "no upgrade", 400);
                return;
            }
            using WebSocket server = await exchange.AcceptWebSocketAsync("b");
            var buffer = new byte[100_000];
            while (await server.ReceiveAsync(buffer, exchange.Aborted) is { MessageType: not WebSocketMessageType.Close } message)
                await server.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, exchange.Aborted);
            await server.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", exchange.Aborted);
            ended.SetResult();
        });
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("a");
        client.Options.AddSubProtocol("b");
        var address = new UriBuilder(world.Address) { Scheme = world.Address.Scheme == "https" ? "wss" : "ws", Path = "/socket" };

        await client.ConnectAsync(address.Uri, world.Invoker, Cancel);
        Assert.Equal("b", client.SubProtocol);
        byte[] sent = new byte[70_000];
        new Random(2).NextBytes(sent);
        await client.SendAsync(sent, WebSocketMessageType.Binary, true, Cancel);
        using var received = new MemoryStream();
        var buffer = new byte[100_000];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await client.ReceiveAsync(buffer.AsMemory(), Cancel);
            received.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage || received.Length < sent.Length);
        Assert.Equal(sent, received.ToArray());
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancel);
        Assert.Equal("bye", client.CloseStatusDescription);

        await ended.Task.WaitAsync(Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, (await world.Client.GetAsync("/socket", Cancel)).StatusCode);
    }

    [Theory, MemberData(nameof(HttpWorld.Carriers), MemberType = typeof(HttpWorld))]
    public async Task A_WebSocket_whose_client_went_away_ends(string carrier)
    {
        var ended = new TaskCompletionSource();
        await using HttpWorld world = HttpWorld.Start(carrier, async exchange =>
        {
            using WebSocket server = await exchange.AcceptWebSocketAsync(null);
            try
            {
                await server.ReceiveAsync(new byte[10], exchange.Aborted);
            }
            finally
            {
                ended.SetResult();
            }
        });
        var client = new ClientWebSocket();
        var address = new UriBuilder(world.Address) { Scheme = world.Address.Scheme == "https" ? "wss" : "ws" };
        await client.ConnectAsync(address.Uri, world.Invoker, Cancel);

        client.Abort();
        client.Dispose();

        await ended.Task.WaitAsync(Cancel);
    }

    // Sends what it gets at once.
    private sealed class LiveContent(PipeReader source) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            ReadResult result;
            do
            {
                result = await source.ReadAsync();
                foreach (ReadOnlyMemory<byte> part in result.Buffer)
                    await stream.WriteAsync(part);
                await stream.FlushAsync();
                source.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
