using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Cni;
using IstioAdmin.Core.Redirection.Sources.Node;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Sandbox.Client;
using IstioAdmin.Sandbox.Traffic;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>
/// Answers commands in containers, as far as the model knows the answer: the scripts by which this module reads rules and files of nodes, the programs that print
/// rules, and a few plain ones. Nothing is run; what is not known ends with 126 and says so.
/// </summary>
/// <remarks>The API server asks it and the nodes ask the API server, so it is made before both; until it has nodes, no container runs.</remarks>
internal sealed class ContainerRuntime : IContainerRuntime
{
    private (SandboxNodes Nodes, ClusterApi Api, PodPorts Ports)? _attached;

    /// <summary>What a shell says of a command that it cannot run.</summary>
    private const int NotRun = 126;

    private const string Known = "cat, echo, env, hostname, ip6tables-save, iptables -t TABLE -S, iptables-save, ls, true, and sh -c with one of these";

    /// <summary>Gives it the nodes, the API server with all rights, and what listens in the pods.</summary>
    public void Attach(SandboxNodes nodes, ClusterApi api, PodPorts ports) => _attached = (nodes, api, ports);

    public async Task<string?> ConnectAsync(JsonObject pod, int port, Stream connection, CancellationToken cancel)
    {
        if (_attached is not var (nodes, _, ports) || nodes.Find(Informer.KeyOf(pod)) is not { HasEnded: false } run || run.Uid != Meta.Uid(pod))
            return $"unable to do port forwarding: pod {Informer.KeyOf(pod)} is not running";
        return await ports.ServeAsync(run, port, connection, cancel).ConfigureAwait(false);
    }

    public async Task<int> ExecAsync(
        JsonObject pod, string container, IReadOnlyList<string> command, Stream? input, Stream output, Stream error, CancellationToken cancel)
    {
        if (_attached is not var (nodes, _, _) || nodes.Find(Informer.KeyOf(pod)) is not { HasEnded: false } run || run.Uid != Meta.Uid(pod) || run.Find(container) is not { IsRunning: true } target)
            return await FailAsync(error, NotRun, $"container {container} of pod {Informer.KeyOf(pod)} does not run", cancel).ConfigureAwait(false);
        if (target.Image.Contains("distroless", StringComparison.Ordinal))
            return await FailAsync(error, NotRun, $"exec: \"{(command is [var program, ..] ? program : "")}\": executable file not found in $PATH", cancel).ConfigureAwait(false);
        if (command is ["sh", "-c", NodeScript.Text])
        {
            if (input is null)
                return await FailAsync(error, 3, "the script is told on its standard input, and there is none", cancel).ConfigureAwait(false);
            using var reading = new NodeReading(nodes, run, pod, target, input, output);
            return await reading.RunAsync(cancel).ConfigureAwait(false);
        }
        if (command.Count >= 4 && command[0] == "sh" && command[1] == "-c" && command[2] == NodeFileScript.Text)
        {
            await output.WriteAsync(FileListing.Of(run.Node.Files, Mounts.Of(pod, container), command.Skip(4)), cancel).ConfigureAwait(false);
            return 0;
        }
        IReadOnlyList<string>? words = command is ["sh" or "bash" or "/bin/sh" or "/bin/bash", "-c", var script] ? ShellLine.Split(script) : command;
        (int exitCode, string printed, string complaint) = words is null
            ? (NotRun, "", Unknown(string.Join(' ', command)))
            : await AnswerAsync(run, target, pod, words, cancel).ConfigureAwait(false);
        await WriteAsync(output, printed, cancel).ConfigureAwait(false);
        await WriteAsync(error, complaint, cancel).ConfigureAwait(false);
        return exitCode;
    }

    public async IAsyncEnumerable<(DateTimeOffset Time, string Line)> LogAsync(
        JsonObject pod, string container, bool previous, bool follow, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Of a container that was started anew the model keeps one log; what it printed before is what it prints again.
        if (_attached is not var (nodes, _, _) || nodes.Find(Informer.KeyOf(pod)) is not { } run || run.Uid != Meta.Uid(pod) || run.Find(container) is not { } source || (previous && source.LastState is null))
            yield break;
        int read = 0;
        while (true)
        {
            (IReadOnlyList<(DateTimeOffset Time, string Line)> lines, Task more) = source.Read(read);
            foreach ((DateTimeOffset Time, string Line) line in lines)
                yield return line;
            read += lines.Count;
            if (!follow || run.HasEnded || !source.IsRunning)
                yield break;
            await Task.WhenAny(more, Task.Delay(TimeSpan.FromSeconds(1), cancel)).ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
        }
    }

    private async Task<(int ExitCode, string Output, string Error)> AnswerAsync(PodRuntime run, ContainerRun container, JsonObject pod, IReadOnlyList<string> words, CancellationToken cancel)
    {
        switch (words)
        {
            case ["true"]:
                return (0, "", "");
            case ["echo", ..]:
                return (0, string.Join(' ', words.Skip(1)) + "\n", "");
            case ["hostname"]:
                return (0, (Json.Flag(pod, "spec", "hostNetwork") == true ? run.Node.Name : Json.Text(pod, "spec", "hostname") ?? Meta.Name(pod)) + "\n", "");
            case ["env" or "printenv"]:
                JsonObject? spec = Meta.Items(pod, "spec", "containers").FirstOrDefault(one => Json.Text(one, "name") == container.Name);
                if (spec is null)
                    return (0, "", "");
                IReadOnlyDictionary<string, string> variables = await new ContainerEnvironment(_attached!.Value.Api, pod, cancel).OfAsync(spec).ConfigureAwait(false);
                return (0, string.Concat(variables.Select(variable => $"{variable.Key}={variable.Value}\n")), "");
            case ["iptables-save" or "iptables-nft-save" or "iptables-legacy-save" or "ip6tables-save" or "ip6tables-nft-save" or "ip6tables-legacy-save", ..]:
                return Saved(run, words);
            case ["iptables" or "ip6tables", "-t", var table, "-S"]:
                return Listed(run, words[0], table);
            case ["iptables" or "ip6tables", "-S", "-t", var table]:
                return Listed(run, words[0], table);
            case ["cat", _, ..]:
                return Concatenated(run, pod, container, [.. words.Skip(1)]);
            case ["ls", ..]:
                return Directories(run, pod, container, [.. words.Skip(1)]);
            default:
                return (NotRun, "", Unknown(string.Join(' ', words)));
        }
    }

    private static string Unknown(string command) =>
        $"The sandbox runs no programs, so it cannot run '{(command.Length > 80 ? command[..80] + "…" : command)}'. What it can answer: {Known}.\n";

    private static (int, string, string) Saved(PodRuntime run, IReadOnlyList<string> words)
    {
        bool counters = words.Skip(1).Any(word => word is "-c" or "--counters");
        if (words.Skip(1).FirstOrDefault(word => word is not ("-c" or "--counters")) is { } other)
            return (NotRun, "", Unknown($"{words[0]} {other}"));
        IpFamily family = words[0].StartsWith("ip6", StringComparison.Ordinal) ? IpFamily.IPv6 : IpFamily.IPv4;
        return (0, SaveText.Of(run.Network, family, words[0].Contains("legacy", StringComparison.Ordinal), counters), "");
    }

    private static (int, string, string) Listed(PodRuntime run, string program, string table)
    {
        IpFamily family = program == "ip6tables" ? IpFamily.IPv6 : IpFamily.IPv4;
        Table? found = run.Network?.Ruleset(family).Find(table);
        if (found is null)
            return table is "nat" or "mangle" or "filter" or "raw" or "security" ? (0, SaveText.EmptyTable(table), "") : (3, "", $"{program} v1.8.7 (nf_tables): table '{table}' does not exist\n");
        var text = new StringBuilder();
        foreach (Chain chain in found.Chains)
            text.Append(chain.IsBuiltIn ? $"-P {chain.Name} {(chain.Policy == ChainPolicy.Drop ? "DROP" : "ACCEPT")}\n" : $"-N {chain.Name}\n");
        foreach (Rule rule in found.Chains.SelectMany(chain => chain.Rules))
        {
            rule.AppendTo(text);
            text.Append('\n');
        }
        return (0, text.ToString(), "");
    }

    private static (int, string, string) Concatenated(PodRuntime run, JsonObject pod, ContainerRun container, IReadOnlyList<string> files)
    {
        Mounts mounts = Mounts.Of(pod, container.Name);
        var text = new StringBuilder();
        foreach (string file in files)
        {
            string directory = Path.GetDirectoryName(file)?.Replace('\\', '/') ?? "/";
            if (mounts.Outside(directory) is not { } outside || run.Node.Files.Find(outside, Path.GetFileName(file)) is not { } found)
                return (1, text.ToString(), $"cat: {file}: No such file or directory\n");
            text.Append(found.Content);
        }
        return (0, text.ToString(), "");
    }

    private static (int, string, string) Directories(PodRuntime run, JsonObject pod, ContainerRun container, IReadOnlyList<string> paths)
    {
        string[] asked = [.. paths.Where(path => !path.StartsWith('-'))];
        if (paths.FirstOrDefault(path => path.StartsWith('-') && path is not ("-1" or "-a")) is { } option)
            return (NotRun, "", Unknown($"ls {option}"));
        Mounts mounts = Mounts.Of(pod, container.Name);
        var text = new StringBuilder();
        foreach (string path in asked)
        {
            if (mounts.Outside(path) is not { } outside || run.Node.Files.List(outside) is not { } files)
                return (2, text.ToString(), $"ls: cannot access '{path}': No such file or directory\n");
            foreach ((string name, _) in files)
                text.Append(name).Append('\n');
        }
        return asked.Length == 0 ? (NotRun, "", Unknown("ls")) : (0, text.ToString(), "");
    }

    private static async Task<int> FailAsync(Stream error, int exitCode, string message, CancellationToken cancel)
    {
        await WriteAsync(error, message + "\n", cancel).ConfigureAwait(false);
        return exitCode;
    }

    private static async Task WriteAsync(Stream stream, string text, CancellationToken cancel)
    {
        if (text.Length > 0)
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancel).ConfigureAwait(false);
    }
}
