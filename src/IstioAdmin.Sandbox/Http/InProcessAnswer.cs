using System.IO.Pipelines;

namespace IstioAdmin.Sandbox.Http;

/// <summary>The content of an answer within the process.</summary>
/// <param name="output">What the client reads from.</param>
/// <param name="length">The length that was announced; null for none.</param>
/// <param name="hasContent">Whether content is sent.</param>
/// <param name="abort">Called when nobody reads it any more.</param>
internal sealed class InProcessAnswer(PipeWriter output, long? length, bool hasContent, Action abort) : AnswerStream(length, hasContent)
{
    private const int SendAt = 32 * 1024;

    private int _taken;

    protected override ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        bytes.Span.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
        _taken += bytes.Length;
        return _taken < SendAt ? ValueTask.CompletedTask : SendAsync(cancel);
    }

    protected override async ValueTask SendAsync(CancellationToken cancel)
    {
        if (_taken == 0)
            return;
        _taken = 0;
        FlushResult sent = await output.FlushAsync(cancel).ConfigureAwait(false);
        if (sent.IsCompleted)
        {
            abort();
            throw new IOException("The client does not read the answer any more.");
        }
    }
}
