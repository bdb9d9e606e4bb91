using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Iptables.Model;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Exec;

/// <summary>
/// One run of the script that reads rules (<see cref="Core.Redirection.Sources.Node.NodeScript"/>), answered from the model: the same frames, in the same order,
/// with what the script would have found on this node from within this container.
/// </summary>
internal sealed class NodeReading : IDisposable
{
    private readonly SandboxNodes _nodes;
    private readonly PodRuntime _reader;
    private readonly ReaderPlace _place;
    private readonly StreamReader _input;
    private readonly Stream _output;
    private readonly bool _isHostNetwork;
    private string _word = "";

    public NodeReading(SandboxNodes nodes, PodRuntime reader, JsonObject pod, ContainerRun container, Stream input, Stream output)
    {
        (_nodes, _reader, _output) = (nodes, reader, output);
        _place = ReaderPlace.Of(pod, container);
        _isHostNetwork = Json.Flag(pod, "spec", "hostNetwork") == true;
        _input = new StreamReader(input, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, 4096, leaveOpen: true);
    }

    /// <summary>Runs to the end.</summary>
    /// <returns>The script's exit code.</returns>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        if (await _input.ReadLineAsync(cancel).ConfigureAwait(false) is not { Length: > 0 } word)
            return 3;
        _word = word;
        string version = _place.Tools.Contains("iptables-save") ? $"iptables-save {SaveText.Version} (nf_tables)" : "";
        await SayAsync($"{Frame("tools")}{string.Join('\n', _place.Tools)}\nversion {version}\n{Frame("processes")}{Processes()}{Frame("ready")}{Frame("wait")}", cancel).ConfigureAwait(false);
        while (await _input.ReadLineAsync(cancel).ConfigureAwait(false) is { } line)
        {
            string[] words = line.Split(' ', 4);
            if (words[0] == "end")
                break;
            if (words.Length == 4)
                await AnswerAsync(words[0], words[1], words[2], words[3], cancel).ConfigureAwait(false);
        }
        await SayAsync($"{Frame("bye")}{Frame("end")}", cancel).ConfigureAwait(false);
        return 0;
    }

    public void Dispose() => _input.Dispose();

    private async Task AnswerAsync(string what, string number, string process, string cgroup, CancellationToken cancel)
    {
        List<string> script = [];
        if (what == "call")
        {
            while (await _input.ReadLineAsync(cancel).ConfigureAwait(false) is { } line && line != _word)
                script.Add(line);
        }
        var text = new StringBuilder(Frame($"begin {number}"));
        (PodRuntime Pod, ContainerRun Container)? found = Visible()
            .Where(one => one.Container.Process.ToString(CultureInfo.InvariantCulture) == process && Cgroup(one.Pod, one.Container) == cgroup)
            .Select(one => ((PodRuntime, ContainerRun)?)one).FirstOrDefault();
        if (found is not var (pod, _) || pod.Network is not { } network)
        {
            text.Append(Frame($"done {number} 1 moved")).Append(Frame("next"));
        }
        else if (!_place.EntersNamespaces && pod != _reader)
        {
            text.Append(Frame($"done {number} 1 same")).Append("nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted").Append(Frame("next"));
        }
        else
        {
            // No rule of the sandbox asks for a set, and there is no ipset.
            if (what != "sets")
                Rules(text, network, counters: what == "call");
            if (what == "call")
            {
                text.Append(ConnectionAttempt.Of(_nodes, pod, network, script).Frames(Frame));
                Rules(text, network, counters: true);
            }
            text.Append(Frame($"done {number} 0 same")).Append(Frame("next"));
        }
        await SayAsync(text.ToString(), cancel).ConfigureAwait(false);
    }

    private void Rules(StringBuilder text, PodNetwork network, bool counters)
    {
        text.Append(Frame("net")).Append(NetworkFiles(network));
        foreach ((IpFamily family, string name) in ((IpFamily, string)[])[(IpFamily.IPv4, "iptables"), (IpFamily.IPv6, "ip6tables")])
        {
            if (!_place.Tools.Contains($"{name}-nft-save"))
                continue;
            Run(text, $"{name}-nft-save", SaveText.Of(network, family, legacy: false, counters), counters);
            if (network.Rules(family, legacy: true).Length > 0)
                Run(text, $"{name}-legacy-save", SaveText.Of(network, family, legacy: true, counters: false), counters);
        }
    }

    private void Run(StringBuilder text, string program, string printed, bool counters) =>
        text.Append(Frame(counters ? $"out {program} -c" : $"out {program}")).Append(printed).Append(Frame($"end 0 {program}"));

    /// <summary>The files of /proc/net that the script reads, each line behind its file's name.</summary>
    private static string NetworkFiles(PodNetwork network)
    {
        var text = new StringBuilder();
        const string proc = "/proc/self/net";
        string address = network.Address;
        text.Append(CultureInfo.InvariantCulture, $"{proc}/dev:Inter-|   Receive                                                |  Transmit\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/dev:    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/dev:  eth0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/route:Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n");
        // Calico's: everything by way of 169.254.1.1, which is on the link.
        text.Append(CultureInfo.InvariantCulture, $"{proc}/route:eth0\t00000000\t0101FEA9\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/route:eth0\t0101FEA9\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/fib_trie:Local:\n{proc}/fib_trie:  +-- 0.0.0.0/0 3 0 5\n");
        foreach (string local in (string[])[address, "127.0.0.1"])
            text.Append(CultureInfo.InvariantCulture, $"{proc}/fib_trie:     |-- {local}\n{proc}/fib_trie:        /32 host LOCAL\n");
        text.Append(CultureInfo.InvariantCulture, $"{proc}/if_inet6:00000000000000000000000000000001 01 80 10 80       lo\n");
        if (network.Rules(IpFamily.IPv4, legacy: true).Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"{proc}/ip_tables_names:nat\n");
        if (network.Rules(IpFamily.IPv6, legacy: true).Length > 0)
            text.Append(CultureInfo.InvariantCulture, $"{proc}/ip6_tables_names:nat\n");
        text.Append("/proc/sys/net/ipv4/ip_forward:0\n");
        return text.ToString();
    }

    private string Processes()
    {
        var text = new StringBuilder();
        ulong own = _isHostNetwork ? SandboxNode.OwnNamespace : _reader.Network?.Inode ?? SandboxNode.OwnNamespace;
        text.Append(CultureInfo.InvariantCulture, $"{own} /proc/self/ns/net\n");
        if (_place is { SeesNode: true, EntersNamespaces: true })
            text.Append(CultureInfo.InvariantCulture, $"{SandboxNode.OwnNamespace} {_place.Proc}/1/ns/net\n{SandboxNode.OwnNamespace} {_place.Proc}/2/ns/net\n");
        foreach ((PodRuntime pod, ContainerRun container) in Visible())
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"{_place.Proc}/{container.Process}");
            (uint user, uint group) = _nodes.Kubelets.IdsOf(pod, container);
            text.Append(CultureInfo.InvariantCulture, $"{at}/cgroup:{Cgroup(pod, container)}\n");
            text.Append(CultureInfo.InvariantCulture, $"{at}/status:PPid:\t1\n{at}/status:Uid:\t{user}\t{user}\t{user}\t{user}\n{at}/status:Gid:\t{group}\t{group}\t{group}\t{group}\n");
            text.Append(CultureInfo.InvariantCulture, $"{at}/status:NSpid:\t{container.Process}\t1\n");
            if (_place.EntersNamespaces || pod == _reader)
                text.Append(CultureInfo.InvariantCulture, $"{pod.Network?.Inode ?? SandboxNode.OwnNamespace} {at}/ns/net\n");
        }
        return text.ToString();
    }

    /// <summary>The containers whose processes the reader sees.</summary>
    private IEnumerable<(PodRuntime Pod, ContainerRun Container)> Visible() =>
        from pod in _place.SeesNode ? _reader.Node.Pods.Values : (IEnumerable<PodRuntime>)[_reader]
        where !pod.HasEnded
        from container in pod.Containers
        where container.IsRunning
        select (pod, container);

    private static string Cgroup(PodRuntime pod, ContainerRun container) => $"11:memory:/kubepods/besteffort/pod{pod.Uid}/{container.Id}";

    private string Frame(string headline) => $"\n{_word} {headline}\n";

    private async Task SayAsync(string text, CancellationToken cancel)
    {
        await _output.WriteAsync(Encoding.UTF8.GetBytes(text), cancel).ConfigureAwait(false);
        await _output.FlushAsync(cancel).ConfigureAwait(false);
    }
}
