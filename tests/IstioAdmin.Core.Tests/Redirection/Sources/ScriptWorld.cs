using System.Diagnostics;

namespace IstioAdmin.Core.Tests.Redirection.Sources;

/// <summary>A network namespace of the test's own, with a process in it; needs root on Linux and the kernel's netfilter.</summary>
internal sealed class ScriptWorld : IAsyncDisposable
{
    private readonly Process _holder;

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

    public async ValueTask DisposeAsync()
    {
        _holder.Kill();
        await _holder.WaitForExitAsync(CancellationToken.None);
        _holder.Dispose();
    }
}
