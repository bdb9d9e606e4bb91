using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>Containers that know a few commands and say what a test has written into their log.</summary>
internal sealed class ScriptedRuntime : IContainerRuntime
{
    private readonly List<(DateTimeOffset Time, string Line)> _lines = [];
    private TaskCompletionSource _changed = new();

    public TaskCompletionSource Cancelled { get; } = new();

    public void Print(DateTimeOffset time, string line)
    {
        TaskCompletionSource changed;
        lock (_lines)
        {
            _lines.Add((time, line));
            changed = _changed;
            _changed = new TaskCompletionSource();
        }
        changed.SetResult();
    }

    public async Task<string?> ConnectAsync(JsonObject pod, int port, Stream connection, CancellationToken cancel)
    {
        if (port != 7)
            return "nobody listens";
        await connection.CopyToAsync(connection, cancel);
        return null;
    }

    public async Task<int> ExecAsync(JsonObject pod, string container, IReadOnlyList<string> command, Stream? input, Stream output, Stream error, CancellationToken cancel)
    {
        switch (command[0])
        {
            case "echo":
                await output.WriteAsync(Encoding.UTF8.GetBytes(string.Join(' ', command.Skip(1)) + "\n"), cancel);
                return 0;
            case "fail":
                await error.WriteAsync("it went wrong\n"u8.ToArray(), cancel);
                return int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture);
            case "cat":
                await (input ?? Stream.Null).CopyToAsync(output, cancel);
                return 0;
            case "large":
                await output.WriteAsync(new byte[int.Parse(command[1], System.Globalization.CultureInfo.InvariantCulture)], cancel);
                return 0;
            case "wait":
                await output.WriteAsync("waiting\n"u8.ToArray(), cancel);
                try
                {
                    await Task.Delay(Timeout.Infinite, cancel);
                }
                finally
                {
                    Cancelled.TrySetResult();
                }
                return 0;
            default:
                throw new InvalidOperationException($"exec: \"{command[0]}\": executable file not found in $PATH");
        }
    }

    public async IAsyncEnumerable<(DateTimeOffset Time, string Line)> LogAsync(
        JsonObject pod, string container, bool previous, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (previous)
        {
            yield return (DateTimeOffset.UnixEpoch, "from before");
            yield break;
        }
        for (int at = 0; ;)
        {
            (DateTimeOffset, string)? next;
            Task changed;
            lock (_lines)
            {
                next = at < _lines.Count ? _lines[at++] : null;
                changed = _changed.Task;
            }
            if (next is { } line)
                yield return line;
            else if (follow)
                await changed.WaitAsync(cancel);
            else
                yield break;
        }
    }
}
