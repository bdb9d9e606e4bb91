using System.Diagnostics;
using IstioAdmin.Testing;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>A network namespace of the test's own, with a process in it; needs root on Linux and the kernel's netfilter.</summary>
internal sealed class ScriptWorld : IAsyncDisposable
{
    private readonly Process _holder;
    private readonly List<string> _cgroups = [];

    private ScriptWorld(Process holder) => _holder = holder;

    /// <summary>The process in the namespace.</summary>
    public int Pid => _holder.Id;

    /// <summary>Makes the namespace and runs a shell's script in it, or skips the test where that cannot be.</summary>
    public static async Task<ScriptWorld> CreateAsync(string script)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !File.Exists("/usr/sbin/iptables-nft-save") || !File.Exists("/usr/bin/busybox"))
            Assert.Skip("Needs root on Linux with unshare, busybox and iptables.");
        var holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-ec", $"ip link set lo up\n{script}\necho ready; exec sleep 600"]) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return new ScriptWorld(holder);
    }

    /// <summary>What a program prints in the namespace.</summary>
    public async Task<string> RunAsync(params string[] command)
    {
        using Process process = Process.Start(new ProcessStartInfo("nsenter", [$"--net=/proc/{Pid}/ns/net", .. command]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output;
    }

    /// <summary>Puts a process where a container runtime would put one of a pod: into a cgroup of that name.</summary>
    public void Place(string uid, string container, int? pid = null)
    {
        string root = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
        string pod = Path.Combine(root, $"istioadmin-test-pod{uid}");
        string cgroup = Path.Combine(pod, container);
        try
        {
            Directory.CreateDirectory(cgroup);
            File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), $"{pid ?? Pid}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Needs a cgroup hierarchy that can be written to: {e.Message}");
        }
        _cgroups.Add(cgroup);
        _cgroups.Add(pod);
    }

    public async ValueTask DisposeAsync()
    {
        _holder.Kill();
        await _holder.WaitForExitAsync(CancellationToken.None);
        _holder.Dispose();
        foreach (string cgroup in _cgroups)
            await Eventually.BecomesTrueAsync(() => Remove(cgroup), $"{cgroup} is empty");
    }

    private static bool Remove(string cgroup)
    {
        try
        {
            if (Directory.Exists(cgroup))
                Directory.Delete(cgroup);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
