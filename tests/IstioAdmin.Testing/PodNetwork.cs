using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace IstioAdmin.Testing;

/// <summary>The network namespace of a pod on the test's node, entered from the machine.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="ProcessId">The process that holds it, as the machine counts.</param>
/// <param name="IPv4">The pod's address.</param>
/// <param name="IPv6">Its other address; null when the machine has no IPv6.</param>
public sealed record PodNetwork(string Pod, int ProcessId, string IPv4, string? IPv6)
{
    private static string Endpoint => Path.Combine(TestbedScripts.Home, "images", "endpoint");

    private string[] Namespace => [string.Create(CultureInfo.InvariantCulture, $"--net=/proc/{ProcessId}/ns/net")];

    /// <summary>Runs a shell script in it, which ends at the first command that fails, and returns what it printed.</summary>
    public async Task<string> RunAsync(string script)
    {
        ProgramResult result = await TestbedScripts.TryRunAsync("nsenter", [.. Namespace, "sh", "-e"], script);
        return result.ExitCode == 0
            ? result.Output
            : throw new InvalidOperationException($"A script in the network namespace of pod {Pod} ended with {result.ExitCode}: {result.Error}\n{script}");
    }

    /// <summary>Listens in it, TCP and UDP, IPv4 and IPv6, until the result is disposed; whoever comes is told the name and the port.</summary>
    public async Task<IDisposable> ListenAsync(string name, uint user, int port)
    {
        string[] arguments = [.. Namespace, Endpoint, "serve", name, "uid", string.Create(CultureInfo.InvariantCulture, $"{user}"), string.Create(CultureInfo.InvariantCulture, $"{port}")];
        Process process = Process.Start(new ProcessStartInfo("nsenter", arguments) { RedirectStandardOutput = true }) ?? throw new Win32Exception("nsenter did not start");
        var listener = new Listener(process);
        // It says that it listens; when it cannot, it ends.
        if (await process.StandardOutput.ReadLineAsync() is not null)
            return listener;
        listener.Dispose();
        throw new InvalidOperationException($"Nobody can listen on port {port} in the network namespace of pod {Pod}.");
    }

    /// <summary>
    /// Sends packets from it, all at once, and tells where each ended: <c>NAME PORT</c> of the listener that answered, <c>refused</c>,
    /// <c>timeout</c>, <c>unreachable</c>.
    /// </summary>
    public async Task<string[]> SendAsync(params IReadOnlyList<TestPacket> packets)
    {
        if (packets.Count == 0)
            return [];
        ProgramResult result = await TestbedScripts.TryRunAsync("nsenter", [.. Namespace, Endpoint, "send"], string.Concat(packets.Select(packet => packet.Line)));
        string[] ends = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return result.ExitCode == 0 && ends.Length == packets.Count
            ? ends
            : throw new InvalidOperationException($"{packets.Count} packets were sent from pod {Pod}, and {ends.Length} ends came back: {result.Output}{result.Error}");
    }

    private sealed class Listener(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
