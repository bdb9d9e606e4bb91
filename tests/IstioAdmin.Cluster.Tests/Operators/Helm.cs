using IstioAdmin.Testing;

namespace IstioAdmin.Cluster.Tests.Operators;

/// <summary>The real helm, and a chart of our own that stands for Sail's.</summary>
internal static class Helm
{
    /// <summary>Folder of the chart.</summary>
    public static string Chart { get; } = Path.Combine(Path.GetDirectoryName(Testbed.Manifest("x"))!, "..", "..", "IstioAdmin.Cluster.Tests", "Operators", "charts", "sail-operator");

    /// <summary>Makes sure that helm is on PATH; skips the test where there is none, and on build machines fetches it.</summary>
    public static async Task RequireAsync()
    {
        string home = Environment.GetEnvironmentVariable("TESTBED_HOME") is { Length: > 0 } given
            ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "istioadmin-testbed");
        string bin = Path.Combine(home, "bin"), path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!path.Split(':').Contains(bin))
            Environment.SetEnvironmentVariable("PATH", $"{path}:{bin}");
        if (path.Split(':').Append(bin).Any(folder => File.Exists(Path.Combine(folder, "helm"))))
            return;
        string script = Path.Combine(Path.GetDirectoryName(Testbed.Manifest("x"))!, "..", "fetch-helm.sh");
        if (Environment.GetEnvironmentVariable("CI") is not ("true" or "1"))
            Assert.Skip($"There is no helm on PATH. Run once: {Path.GetFullPath(script)}");
        using var fetching = System.Diagnostics.Process.Start(script);
        await fetching.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, fetching.ExitCode);
    }
}
