using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using IstioAdmin.Core.Kube.Connecting.Credentials;

namespace IstioAdmin.Core.Pke.Hosts;

/// <summary>
/// Runs shell scripts on a machine: through the system's ssh, or here. The script goes through standard input, so that what it holds is in no
/// process list on this side. When the run is cancelled, or the connection breaks, the programs that the script started are ended too.
/// </summary>
internal sealed class HostShell
{
    private const int KeptLines = 20;
    private const string Begun = "--istioadmin-begun--";

    private readonly PkeHost _host;
    private readonly string _program;
    private readonly IReadOnlyList<string> _arguments;

    private HostShell(PkeHost host, string program, IReadOnlyList<string> arguments)
    {
        _host = host;
        _program = program;
        _arguments = arguments;
    }

    public PkeHost Host => _host;

    /// <exception cref="MeshException"><c>SshNotFound</c>, <c>NotSupportedHere</c>.</exception>
    public static HostShell For(PkeHost host, HostClusterOptions options)
    {
        if (host.IsLocal)
        {
            return OperatingSystem.IsLinux()
                ? new HostShell(host, "/bin/sh", ["-s"])
                : throw new MeshException("NotSupportedHere", FailureKind.NotSupported, "PKE runs on Linux; this machine cannot be one of the cluster's.", "Name Linux machines with -Host, and leave -Local out.");
        }
        string ssh = ExecutableSearch.Find("ssh")
            ?? throw new MeshException("SshNotFound", FailureKind.NotFound, "There is no 'ssh' in PATH.", "Install OpenSSH's client.", host.ToString());
        // Nobody can answer questions here; keys of hosts are checked as ssh is configured to.
        List<string> arguments = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"];
        arguments.AddRange(Login(host, options));
        return new HostShell(host, ssh, [.. arguments, "--", host.Name, "exec sh -s"]);
    }

    /// <summary>The name that ssh connects to, which may stand behind an alias.</summary>
    public static async Task<string> ResolveAsync(PkeHost host, HostClusterOptions options, CancellationToken cancel)
    {
        if (host.IsLocal || ExecutableSearch.Find("ssh") is not { } ssh)
            return host.Name;
        var found = new HostShell(host, ssh, ["-G", .. Login(host, options), "--", host.Name]);
        HostAnswer answer = await found.StartAsync("", null, cancel).ConfigureAwait(false);
        return answer.Output.Split('\n').Select(line => line.Split(' ', 2)).FirstOrDefault(pair => pair is ["hostname", _])?[1].Trim() ?? host.Name;
    }

    /// <summary>Runs a script to its end.</summary>
    /// <param name="script">Lines for a POSIX shell. They must not read standard input.</param>
    /// <param name="line">Told each line that comes, without secrets.</param>
    /// <param name="cancel">Ends the script and what it started.</param>
    /// <exception cref="MeshException">
    /// The machine could not be logged in to (<c>SshHostKeyRefused</c>, <c>SshLoginRefused</c>, <c>SshUnreachable</c>), or the connection broke
    /// (<c>SshConnectionLost</c>). A script that fails is no error here.
    /// </exception>
    public async Task<HostAnswer> RunAsync(string script, Action<string>? line, CancellationToken cancel)
    {
        HostAnswer answer = await StartAsync(Guarded(script), line, cancel).ConfigureAwait(false);
        bool begun = answer.Output.Contains(Begun, StringComparison.Ordinal);
        // ssh's own failures have this status; one of the script has it too, but then the script has begun.
        if (answer.ExitCode == 255 && !_host.IsLocal && (!begun || LostConnection(answer.Tail)))
            throw SshFailure.Of(_host, answer.Tail, begun);
        return answer with { Output = answer.Output.Replace($"{Begun}\n", "", StringComparison.Ordinal) };
    }

    // The script runs in a process group of its own. A watcher reads standard input, which ends when this side goes away, and ends the group.
    // With sudo first: what runs below sudo is root's, and a kill that reaches only a part of the group is no failure. Only in this form do
    // both dash and bash take a group.
    private static string Guarded(string script) => $$"""
        echo {{Begun}}
        exec 3<&0
        setsid sh -c {{ShellText.Quote(script)}} </dev/null 3<&- &
        child=$!
        { cat <&3 >/dev/null 2>&1; sudo -n kill -s TERM -- "-$child" || kill -s TERM -- "-$child"; } >/dev/null 2>&1 &
        watcher=$!
        wait "$child"
        code=$?
        exec 3<&-
        kill "$watcher" 2>/dev/null
        exit "$code"

        """;

    private static bool LostConnection(IReadOnlyList<string> tail) =>
        tail.Any(text => text.Contains("closed by remote host", StringComparison.Ordinal) || text.Contains("Broken pipe", StringComparison.Ordinal)
            || text.Contains("not responding", StringComparison.Ordinal) || text.Contains("Connection reset", StringComparison.Ordinal));

    private static IEnumerable<string> Login(PkeHost host, HostClusterOptions options)
    {
        if (options.SshConfig is { } config)
            yield return $"-F{config}";
        if (options.IdentityFile is { } key)
            yield return $"-i{key}";
        if (host.User is { } user)
            yield return $"-l{user}";
        if (host.Port is { } port)
            yield return FormattableString.Invariant($"-p{port}");
    }

    private async Task<HostAnswer> StartAsync(string input, Action<string>? line, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(_program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in _arguments)
            start.ArgumentList.Add(argument);
        cancel.ThrowIfCancellationRequested();
        using Process process = Launch(start);
        var tail = new Queue<string>();
        var output = new StringBuilder();
        Task reading = Task.WhenAll(ReadAsync(process.StandardOutput, output, tail, line), ReadAsync(process.StandardError, null, tail, line));
        try
        {
            await process.StandardInput.WriteAsync(input.ReplaceLineEndings("\n").AsMemory(), cancel).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(cancel).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It ended before it read: its own words say why.
        }
        try
        {
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            await reading.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(process).ConfigureAwait(false);
            throw;
        }
        lock (tail)
            return new HostAnswer(process.ExitCode, output.ToString(), [.. tail]);
    }

    // The end of standard input tells the other side to end its programs; only then is the connection cut.
    private static async Task EndAsync(Process process)
    {
        try
        {
            process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            try
            {
                process.Kill(entireProcessTree: true);
            }
            catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
            {
                // It ended by itself in the meantime.
            }
        }
    }

    private Process Launch(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new MeshException("SshNotFound", FailureKind.NotFound, $"'{_program}' could not be started: {e.Message}", "Install OpenSSH's client.", _host.ToString(), e);
        }
    }

    private static async Task ReadAsync(StreamReader reader, StringBuilder? output, Queue<string> tail, Action<string>? line)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } text)
        {
            output?.Append(text).Append('\n');
            if (string.IsNullOrWhiteSpace(text) || text == Begun)
                continue;
            string clean = ShellText.WithoutSecrets(text.Trim());
            lock (tail)
            {
                tail.Enqueue(clean);
                if (tail.Count > KeptLines)
                    tail.Dequeue();
            }
            line?.Invoke(clean);
        }
    }
}

/// <summary>What came of a script.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output, which may hold secrets.</param>
/// <param name="Tail">The last lines of both outputs, without secrets.</param>
internal sealed record HostAnswer(int ExitCode, string Output, IReadOnlyList<string> Tail);
