using System.IO.Pipelines;

namespace IstioAdmin.Sandbox.Http;

/// <summary>Carries the requests of an <see cref="HttpClient"/> to a handler within the process; bodies stream both ways, and WebSockets work.</summary>
/// <param name="handler">Answers the requests.</param>
internal sealed class InProcessHandler(HttpHandler handler) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Stream body = await OpenBodyAsync(request.Content, cancellationToken).ConfigureAwait(false);
        var exchange = new InProcessExchange(request, body);
        // Until the answer has begun the caller's cancellation ends the request; from then on, disposing of the answer does.
        CancellationTokenRegistration cancelled = cancellationToken.UnsafeRegister(static (state, token) => ((InProcessExchange)state!).Abort(token), exchange);
        await using (cancelled.ConfigureAwait(false))
        {
            _ = Task.Run(() => exchange.RunAsync(handler), CancellationToken.None);
            return await exchange.Answer.ConfigureAwait(false);
        }
    }

    private static async ValueTask<Stream> OpenBodyAsync(HttpContent? content, CancellationToken cancel)
    {
        switch (content)
        {
            case null:
                return Stream.Null;
            case ByteArrayContent or ReadOnlyMemoryContent or StreamContent:
                return await content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            default:
                // Content that writes itself: read while it is being written.
                var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
                _ = CopyAsync(content, pipe.Writer, cancel);
                return pipe.Reader.AsStream();
        }
    }

    private static async Task CopyAsync(HttpContent content, PipeWriter writer, CancellationToken cancel)
    {
        try
        {
            await content.CopyToAsync(writer.AsStream(leaveOpen: true), cancel).ConfigureAwait(false);
            await writer.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await writer.CompleteAsync(e).ConfigureAwait(false);
        }
    }
}
