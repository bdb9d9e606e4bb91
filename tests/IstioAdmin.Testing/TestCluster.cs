using System.Text.Json;

namespace IstioAdmin.Testing;

/// <summary>A Kubernetes API server, real or not, as tests use it: through kubeconfigs and kubectl.</summary>
/// <param name="directory">Where its kubeconfigs are.</param>
public abstract class TestCluster(string directory) : IAsyncDisposable
{
    private int _namespaces;

    /// <summary>Where its kubeconfigs are, and what else it keeps in files, until it is disposed.</summary>
    public string Directory { get; } = directory;

    /// <summary>A kubeconfig with all rights (those of system:masters).</summary>
    public string Kubeconfig => Path.Combine(Directory, "admin.kubeconfig");

    /// <summary>A kubeconfig of a user with a valid token and no rights: every request is answered with 403.</summary>
    public string NobodyKubeconfig => Path.Combine(Directory, "nobody.kubeconfig");

    /// <summary>Breaks all connections and starts again on the same port, with the same certificates and objects. Only on a cluster of the test's own.</summary>
    public abstract Task RestartApiServerAsync();

    /// <summary>Makes the store forget everything before a version, as etcd does by itself every five minutes. Only on a cluster of the test's own.</summary>
    /// <param name="version">The oldest <c>resourceVersion</c> that is still known afterwards.</param>
    public abstract Task CompactAsync(string version);

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

    public abstract ValueTask DisposeAsync();

    /// <summary>A token of a service account, from the API itself.</summary>
    protected async Task<string> TokenAsync(string @namespace, string serviceAccount)
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
