using Xunit;

namespace IstioAdmin.Testing;

/// <summary>
/// The real parts that tests run against, started when the first test asks for them and shared by all tests of an assembly:
/// <c>[assembly: AssemblyFixture(typeof(Testbed))]</c>, then a constructor parameter. Without its prerequisites tests are skipped with the command
/// that would provide them; on a build machine (CI=true) they are provided, or the tests fail.
/// </summary>
public sealed class Testbed : ITestClusters, IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private ControlPlane? _controlPlane;
    private MeshNode? _node;

    /// <summary>Path of a file of tests/testbed/manifests: <c>Manifest("cni")</c> is cni.yaml.</summary>
    public static string Manifest(string name) => Path.Combine(TestbedScripts.Directory, "manifests", name + ".yaml");

    /// <summary>Directory of the examples (*.t) that iptables tests its extensions with; there after <see cref="RequireKernelAsync"/>.</summary>
    public static string IptablesExamples => Path.Combine(TestbedScripts.Home, "iptables-examples");

    /// <summary>The shared control plane. Tests keep to namespaces of their own and leave its processes alone.</summary>
    public async Task<ControlPlane> ControlPlaneAsync()
    {
        await RequireAsync("control-plane");
        using (await EnterAsync())
            return _controlPlane ??= await ControlPlane.StartAsync();
    }

    /// <summary>A control plane for one test, which disposes it: for tests that stop the API server or fill it with thousands of objects.</summary>
    /// <param name="controllers">Whether the controller manager runs; without it made-up pods on made-up nodes stay.</param>
    /// <param name="owner">The process whose end takes it down; this one by default.</param>
    /// <param name="serverArguments">Further arguments of the API server.</param>
    public async Task<ControlPlane> StartControlPlaneAsync(bool controllers = true, int? owner = null, string serverArguments = "")
    {
        await RequireAsync("control-plane");
        return await ControlPlane.StartAsync(controllers, owner, serverArguments);
    }

    async Task<TestCluster> ITestClusters.SharedAsync() => await ControlPlaneAsync();

    async Task<TestCluster> ITestClusters.StartOwnAsync() => await StartControlPlaneAsync(controllers: false);

    /// <summary>The shared node, with a control plane of its own. For test classes in <see cref="MeshNode.Collection"/>.</summary>
    public async Task<MeshNode> NodeAsync()
    {
        await RequireAsync("node");
        using (await EnterAsync())
            return _node ??= await MeshNode.StartAsync();
    }

    /// <summary>A node for one test, which disposes it. The shared one is taken down first; the next test that asks for it gets a new one.</summary>
    public async Task<MeshNode> StartNodeAsync(int? owner = null)
    {
        await RequireAsync("node");
        await StopNodeAsync();
        return await MeshNode.StartAsync(owner);
    }

    /// <summary>Takes the shared node down, if it is up.</summary>
    public async Task StopNodeAsync()
    {
        using (await EnterAsync())
        {
            if (_node is not null)
                await _node.DisposeAsync();
            _node = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopNodeAsync();
        if (_controlPlane is not null)
            await _controlPlane.DisposeAsync();
        _gate.Dispose();
    }

    /// <summary>Makes sure that the kernel's netfilter and its tools can be used in namespaces of the test's own.</summary>
    public static Task RequireKernelAsync() => RequireAsync("kernel");

    /// <summary>Makes sure that machines with sshd can be made.</summary>
    public static Task RequireHostsAsync() => RequireAsync("hosts");

    private static async Task RequireAsync(string what)
    {
        bool mustRun = Environment.GetEnvironmentVariable("CI") is "true" or "1";
        string missing = await MissingAsync(what);
        if (missing.Length > 0 && mustRun && File.Exists("/etc/debian_version") && Environment.IsPrivilegedProcess)
        {
            await TestbedScripts.RunAsync("prepare.sh", TimeSpan.FromMinutes(25));
            missing = await MissingAsync(what);
        }
        if (missing.Length == 0)
            return;
        string remedy = OperatingSystem.IsLinux()
            ? $"Run once, on Debian 12: {Path.Combine(TestbedScripts.Directory, "prepare.sh")}"
            : "The testbed is made of Debian 12's packages; run these tests there.";
        if (mustRun)
            throw new InvalidOperationException($"The testbed's {what} cannot run, and with CI=true no test may be skipped. {missing}. {remedy}");
        Assert.Skip($"The testbed's {what} cannot run. {missing}. {remedy}");
    }

    private static async Task<string> MissingAsync(string what)
    {
        if (!OperatingSystem.IsLinux())
            return "missing: Linux";
        ProgramResult check = await TestbedScripts.TryRunAsync(Path.Combine(TestbedScripts.Directory, "prepare.sh"), ["--check", what]);
        return check.ExitCode == 0 ? "" : (check.Output + check.Error).Trim();
    }

    private async Task<IDisposable> EnterAsync()
    {
        await _gate.WaitAsync();
        return new Exit(_gate);
    }

    private sealed class Exit(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
