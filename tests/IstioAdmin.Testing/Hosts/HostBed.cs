using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace IstioAdmin.Testing.Hosts;

/// <summary>
/// Machines on which PKE can be installed: a real sshd each, on loopback and a port of its own, with a stand-in for the pke tool behind it
/// (tests/testbed/hosts). Ends what it started.
/// </summary>
public sealed class HostBed : IAsyncDisposable
{
    private static int _lastPort;

    private readonly List<Process> _daemons = [];
    private readonly Dictionary<string, int> _ports = [];

    private HostBed(string folder) => Folder = folder;

    /// <summary>Where everything lies.</summary>
    public string Folder { get; }

    /// <summary>Configuration for ssh in which the machines' names are aliases, their keys known, and the login's key named.</summary>
    public string SshConfig => Path.Combine(Folder, "ssh_config");

    /// <summary>The keys of machines that ssh knows.</summary>
    public string KnownHosts => Path.Combine(Folder, "known_hosts");

    /// <summary>What the stand-ins share: calls-HOST, and the files by which a test makes them fail.</summary>
    public string State => Path.Combine(Folder, "state");

    /// <summary>The directory of the stand-ins.</summary>
    public static string Tools => Path.Combine(TestbedScripts.Directory, "hosts");

    /// <summary>Starts machines with these names.</summary>
    public static async Task<HostBed> StartAsync(params string[] names)
    {
        await Testbed.RequireHostsAsync();
        var bed = new HostBed(Directory.CreateTempSubdirectory("istioadmin-hosts-").FullName);
        try
        {
            Directory.CreateDirectory(bed.State);
            foreach (string key in new[] { "host_key", "key" })
                await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(bed.Folder, key));
            File.Copy(Path.Combine(bed.Folder, "key.pub"), Path.Combine(bed.Folder, "authorized_keys"));
            foreach (string name in names)
                bed._ports[name] = await bed.StartAsync(name);
            bed.Describe();
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>The port of a machine's sshd.</summary>
    public int Port(string name) => _ports[name];

    /// <summary>Calls of pke on a machine, in order.</summary>
    public string[] Calls(string name) => Path.Combine(State, $"calls-{name}") is var file && File.Exists(file) ? File.ReadAllLines(file) : [];

    /// <summary>Those calls that change something.</summary>
    public string[] Installs(string name) => [.. Calls(name).Where(call => call.StartsWith("install", StringComparison.Ordinal))];

    /// <summary>Leaves a note for the stand-ins.</summary>
    public void Put(string file, string text = "") => File.WriteAllText(Path.Combine(State, file), text);

    public bool Has(string file) => File.Exists(Path.Combine(State, file));

    public void Take(string file) => File.Delete(Path.Combine(State, file));

    /// <summary>A file of a machine's own /etc.</summary>
    public string Etc(string name, string path) => Path.Combine(Folder, name, "etc", path);

    /// <summary>Breaks the connections to a machine: the children of its sshd are ended, and nothing else that runs there.</summary>
    public void KillConnections(string name)
    {
        int daemon = _daemons[_ports.Keys.ToList().IndexOf(name)].Id;
        foreach (int child in Children(daemon))
        {
            // With privilege separation the connection is the child's child.
            foreach (int connection in Children(child).Append(child))
                KillConnection(connection);
        }
    }

    private static void KillConnection(int process)
    {
        try
        {
            if (File.ReadAllText($"/proc/{process}/comm").StartsWith("sshd", StringComparison.Ordinal))
                Process.GetProcessById(process).Kill();
        }
        catch (Exception e) when (e is IOException or ArgumentException or InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static int[] Children(int process)
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Process daemon in _daemons)
        {
            if (!daemon.HasExited)
                daemon.Kill(entireProcessTree: true);
            await daemon.WaitForExitAsync();
            daemon.Dispose();
        }
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A port for a daemon that takes a moment to listen: below those that the kernel gives to whoever asks for any, and those of the testbed's scripts.</summary>
    private static int FreePort()
    {
        while (true)
        {
            int port = 10000 + (Interlocked.Increment(ref _lastPort) % 10000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    private async Task<int> StartAsync(string name)
    {
        int port = FreePort();
        var start = new ProcessStartInfo(Path.Combine(Tools, "up.sh"), [Folder, name, $"{port}"]) { RedirectStandardError = true };
        Process daemon = Process.Start(start)!;
        _daemons.Add(daemon);
        List<string> said = [];
        // Read to its end: a daemon whose pipe is full stands still.
        var listening = new TaskCompletionSource();
        daemon.ErrorDataReceived += (_, line) =>
        {
            lock (said)
                said.Add(line.Data ?? "");
            if (line.Data is null)
                listening.TrySetException(new InvalidOperationException($"sshd of {name} ended: {string.Join('\n', said)}"));
            else if (line.Data.StartsWith("Server listening", StringComparison.Ordinal))
                listening.TrySetResult();
        };
        daemon.BeginErrorReadLine();
        await listening.Task.WaitAsync(TimeSpan.FromSeconds(60));
        return port;
    }

    private void Describe()
    {
        string key = File.ReadAllText(Path.Combine(Folder, "host_key.pub")).Trim();
        File.WriteAllLines(KnownHosts, _ports.Values.Select(port => $"[127.0.0.1]:{port} {key}"));
        File.WriteAllText(SshConfig, string.Concat(_ports.Select(host => $"""
            Host {host.Key}
              HostName 127.0.0.1
              Port {host.Value}
              User root
              IdentityFile {Path.Combine(Folder, "key")}
              IdentitiesOnly yes
              IdentityAgent none
              UserKnownHostsFile {KnownHosts}
              GlobalKnownHostsFile /dev/null

            """)));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        ProgramResult result = await TestbedScripts.TryRunAsync(program, arguments);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {result.Error}{result.Output}");
    }
}
