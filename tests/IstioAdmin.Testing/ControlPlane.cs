using System.Text.Json;

namespace IstioAdmin.Testing;

/// <summary>A real etcd, API server and controller manager on loopback. Nothing runs the pods that are created here; see <see cref="MeshNode"/>.</summary>
/// <remarks>Bound to this process: should it be killed, the control plane goes down with it.</remarks>
public sealed class ControlPlane : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private int _namespaces;

    private ControlPlane(string directory) => Directory = directory;

    /// <summary>Where its certificates, kubeconfigs and logs are, until it is disposed.</summary>
    public string Directory { get; }

    /// <summary>A kubeconfig with all rights (a client certificate of system:masters).</summary>
    public string Kubeconfig => Path.Combine(Directory, "admin.kubeconfig");

    /// <summary>A kubeconfig of a user with a valid token and no rights: every request is answered with 403.</summary>
    public string NobodyKubeconfig => Path.Combine(Directory, "nobody.kubeconfig");

    /// <summary>Starts one for the caller alone; most tests share <see cref="Testbed.ControlPlaneAsync"/>.</summary>
    /// <param name="controllers">Whether the controller manager runs. Without it objects stay as they were written, pods on nodes that do not exist too.</param>
    /// <param name="owner">The process whose end takes the control plane down; this one by default.</param>
    /// <param name="serverArguments">Further arguments of the API server.</param>
    internal static async Task<ControlPlane> StartAsync(bool controllers = true, int? owner = null, string serverArguments = "")
    {
        string[] mode = controllers ? [] : ["--no-controllers"];
        return new ControlPlane(await TestbedScripts.RunAsync("up.sh", StartTimeout, ["--owner", $"{owner ?? Environment.ProcessId}", .. mode],
            ("TESTBED_APISERVER_ARGS", serverArguments)));
    }

    /// <summary>Runs kubectl as administrator and returns what it printed; fails with kubectl's message.</summary>
    public async Task<string> KubectlAsync(params string[] arguments)
    {
        ProgramResult result = await TryKubectlAsync(arguments);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.Error}");
    }

    /// <summary>Runs kubectl as administrator (or with a --kubeconfig among the arguments) and returns how it ended.</summary>
    public Task<ProgramResult> TryKubectlAsync(params string[] arguments) => RunKubectlAsync(arguments, input: null);

    /// <summary>Creates or updates the objects of a YAML or JSON manifest.</summary>
    public async Task ApplyAsync(string manifest, string? @namespace = null)
    {
        string[] where = @namespace is null ? [] : ["--namespace", @namespace];
        ProgramResult result = await RunKubectlAsync(["apply", "--filename", "-", .. where], manifest);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"kubectl apply ended with {result.ExitCode}: {result.Error}");
    }

    /// <summary>Creates a namespace that no other test has, ready to take pods, and returns its name.</summary>
    public async Task<string> CreateNamespaceAsync(string prefix = "test")
    {
        string name = $"{prefix}-{Interlocked.Increment(ref _namespaces)}";
        await KubectlAsync("create", "namespace", name);
        await Eventually.BecomesTrueAsync(
            async () => (await KubectlAsync("get", "serviceaccounts", "--namespace", name)).Contains("default", StringComparison.Ordinal),
            $"namespace {name} has its default service account");
        return name;
    }

    /// <summary>Creates a service account and returns a kubeconfig with a token of its own. It may do what the rules of <paramref name="verbs"/> on
    /// <paramref name="resources"/> (comma-separated, for example "get,list" on "pods") in its namespace say, and nothing else.</summary>
    public async Task<string> CreateUserAsync(string @namespace, string name, string verbs, string resources)
    {
        await KubectlAsync("create", "serviceaccount", name, "--namespace", @namespace);
        await KubectlAsync("create", "role", name, $"--verb={verbs}", $"--resource={resources}", "--namespace", @namespace);
        await KubectlAsync("create", "rolebinding", name, $"--role={name}", $"--serviceaccount={@namespace}:{name}", "--namespace", @namespace);
        string token = await TokenAsync(@namespace, name);

        string path = Path.Combine(Directory, $"{@namespace}-{name}.kubeconfig");
        string nobody = await File.ReadAllTextAsync(NobodyKubeconfig);
        int user = nobody.LastIndexOf("user:", StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, $"{nobody[..user]}user: {{token: {token}}}\n");
        return path;
    }

    /// <summary>Kills the API server as a crash would: connections break, watches end without a word. Only on a control plane of the test's own.</summary>
    public Task StopApiServerAsync() => TestbedScripts.RunAsync("halt.sh", StartTimeout, Directory, "kube-apiserver");

    /// <summary>Starts a stopped API server on the same port, with the same certificates and objects; returns when it is ready.</summary>
    public Task StartApiServerAsync() => TestbedScripts.RunAsync("up.sh", StartTimeout, Directory);

    /// <summary>Kills the API server and starts it again.</summary>
    public async Task RestartApiServerAsync()
    {
        await StopApiServerAsync();
        await StartApiServerAsync();
    }

    public async ValueTask DisposeAsync() => await TestbedScripts.RunAsync("down.sh", StartTimeout, Directory);

    private async Task<string> TokenAsync(string @namespace, string serviceAccount)
    {
        const string request = """{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}""";
        string path = $"/api/v1/namespaces/{@namespace}/serviceaccounts/{serviceAccount}/token";
        ProgramResult result = await RunKubectlAsync(["create", "--raw", path, "--filename", "-"], request);
        using JsonDocument answer = JsonDocument.Parse(result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.Error));
        return answer.RootElement.GetProperty("status").GetProperty("token").GetString()!;
    }

    private Task<ProgramResult> RunKubectlAsync(string[] arguments, string? input)
    {
        string[] identity = arguments.Contains("--kubeconfig") ? [] : ["--kubeconfig", Kubeconfig];
        return TestbedScripts.TryRunAsync(Path.Combine(TestbedScripts.Home, "bin", "kubectl"), [.. identity, .. arguments], input);
    }
}
