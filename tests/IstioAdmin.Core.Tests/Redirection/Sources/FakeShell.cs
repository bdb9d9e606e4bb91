using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using IstioAdmin.Core.Kube.Exec;
using IstioAdmin.Core.Redirection.Sources.Node;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>A node's shell that says what a test wants; <c>@</c> at the beginning of a line stands for the secret word.</summary>
internal sealed class FakeShell : INodeShell
{
    public const string Tools = "@ tools\nnsenter\ngrep\nls\nnft\niptables-nft-save\nip6tables-nft-save\nversion iptables v1.8.9 (nf_tables)\n";

    private readonly Channel<string> _written = Channel.CreateUnbounded<string>();
    private readonly Func<string, string> _answer;
    private readonly string _opening;
    private readonly bool _cut;
    private string _word = "";

    /// <summary>Prepares.</summary>
    /// <param name="opening">What the script says before it asks.</param>
    /// <param name="answer">What it says to its orders.</param>
    /// <param name="cut">Whether it hangs up after its first answer.</param>
    public FakeShell(string opening, Func<string, string> answer, bool cut = false)
    {
        _cut = cut;
        _opening = opening;
        _answer = answer;
    }

    /// <summary>The orders.</summary>
    public string Orders { get; private set; } = "";

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        string text = Encoding.UTF8.GetString(bytes.Span);
        if (_word.Length == 0)
        {
            _word = text.Trim();
            Say(_opening + "@ ready\n@ wait\n");
        }
        else if (text == "end\n")
        {
            Say("@ bye\n@ end\n");
            _written.Writer.Complete();
        }
        else
        {
            Orders += text;
            Say(_answer(text) + (_cut ? "" : "@ next\n"));
            if (_cut)
                _written.Writer.Complete();
        }
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<ExecChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (string text in _written.Reader.ReadAllAsync(cancel))
        {
            foreach (byte[] piece in Encoding.UTF8.GetBytes(text).Chunk(13))
                yield return new ExecChunk(ExecSource.Output, piece);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Say(string text) => _written.Writer.TryWrite("\n" + text.Replace("@ ", $"\n{_word} ", StringComparison.Ordinal));
}
