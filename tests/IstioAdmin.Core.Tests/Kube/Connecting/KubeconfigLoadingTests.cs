using IstioAdmin.Core.Kube.Connecting;
using IstioAdmin.Core.Tests.Kube.World;

namespace IstioAdmin.Core.Tests.Kube.Connecting;

/// <summary>Which files are read and how they merge.</summary>
public sealed class KubeconfigLoadingTests : IDisposable
{
    private readonly KubeWorld _world = new();

    [Fact]
    public async Task The_first_file_that_names_something_wins()
    {
        string first = Config("first", "current-context: ''", "a", "https://first-a");
        string second = Config("second", "current-context: b", "a", "https://second-a", "b", "https://second-b");
        string third = Config("third", "current-context: a", "b", "https://third-b");

        Kubeconfig config = await LoadAsync(first, second, third);

        Assert.Equal("b", config.CurrentContext);
        Assert.Equal(["a", "b"], config.ContextNames);
        Assert.Equal("https://first-a/", ServerOf(config, "a"));
        Assert.Equal("https://second-b/", ServerOf(config, "b"));
    }

    [Fact]
    public async Task A_context_of_one_file_may_use_a_cluster_of_another()
    {
        string contexts = _world.Files.Write("contexts", "contexts: [{name: x, context: {cluster: c, user: u, namespace: n}}]\ncurrent-context: x\n");
        string clusters = _world.Files.Write("clusters", "clusters: [{name: c, cluster: {server: 'https://elsewhere:6443'}}]\nusers: [{name: u, user: {token: t}}]\n");

        Kubeconfig config = await LoadAsync(contexts, clusters);

        using ConnectionSettings settings = ContextResolver.Resolve(config, null, TimeSpan.FromSeconds(1));
        Assert.Equal(("x", "https://elsewhere:6443/", "u", "n"), (settings.Endpoint.Context, settings.Endpoint.Server.ToString(), settings.Endpoint.User, settings.Endpoint.Namespace));
    }

    [Fact]
    public async Task Missing_files_of_the_variable_are_passed_over_while_one_exists()
    {
        string there = Config("there", "current-context: a", "a", "https://a");
        string gone = Path.Combine(_world.Files.FullPath, "gone");

        Kubeconfig config = await Kubeconfig.LoadAsync([], Environment(string.Join(Path.PathSeparator, gone, there, "", there)), KubeWorld.Cancel);

        Assert.Equal([there], config.Files);
    }

    [Fact]
    public async Task A_variable_whose_files_are_all_missing_is_an_error_that_names_them()
    {
        string gone = Path.Combine(_world.Files.FullPath, "gone");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => Kubeconfig.LoadAsync([], Environment(gone), KubeWorld.Cancel));

        Assert.Equal("KubeconfigNotFound", failure.ErrorId);
        Assert.Contains(gone, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_named_must_all_exist()
    {
        string there = Config("there", "current-context: a", "a", "https://a");

        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => LoadAsync(there, Path.Combine(_world.Files.FullPath, "gone")));

        Assert.Equal("KubeconfigNotFound", failure.ErrorId);
    }

    [Fact]
    public async Task Without_a_variable_the_file_in_the_home_directory_is_read()
    {
        string file = Config(Path.Combine(".kube", "config"), "current-context: a", "a", "https://a");

        Kubeconfig config = await Kubeconfig.LoadAsync([], Environment(null), KubeWorld.Cancel);

        Assert.Equal([file], config.Files);
    }

    [Fact]
    public async Task Without_any_file_the_error_says_where_it_looked()
    {
        MeshException failure = await Assert.ThrowsAsync<MeshException>(() => Kubeconfig.LoadAsync([], Environment(null), KubeWorld.Cancel));

        Assert.Equal("KubeconfigNotFound", failure.ErrorId);
        Assert.Contains(Path.Combine(_world.Files.FullPath, ".kube", "config"), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_among_others_is_passed_over()
    {
        string empty = _world.Files.Write("empty", "");
        string there = Config("there", "current-context: a", "a", "https://a");

        Kubeconfig config = await LoadAsync(empty, there);

        Assert.Equal("a", config.CurrentContext);
    }

    [Fact]
    public async Task Json_and_Windows_line_ends_and_a_byte_order_mark_are_read_too()
    {
        string json = _world.Files.Write("json", """{"kind":"Config","apiVersion":"v1","contexts":[{"name":"j","context":{"cluster":"c"}}],"current-context":"j"}""");
        string windows = _world.Files.Write("windows", "\uFEFFclusters:\r\n- name: c\r\n  cluster:\r\n    server: https://w\r\n");

        Kubeconfig config = await LoadAsync(json, windows);

        Assert.Equal("https://w/", ServerOf(config, "j"));
    }

    [Fact]
    public async Task Relative_paths_count_from_the_file_that_names_them()
    {
        using var authority = new TestAuthority();
        ClientPem client = authority.IssueClient();
        _world.Files.Write("two/pki/ca.crt", authority.Pem);
        _world.Files.Write("one/pki/jane.crt", client.Certificate);
        _world.Files.Write("one/pki/jane.key", client.Key);
        string one = _world.Files.Write("one/config", "users: [{name: u, user: {client-certificate: pki/jane.crt, client-key: pki/jane.key}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n");
        string two = _world.Files.Write("two/config", "clusters: [{name: c, cluster: {server: 'https://s', certificate-authority: pki/ca.crt}}]\n");

        Kubeconfig config = await LoadAsync(one, two);

        using ConnectionSettings settings = ContextResolver.Resolve(config, null, TimeSpan.FromSeconds(1));
        Assert.Equal("CN=jane", settings.Certificate!.Leaf.Subject);
    }

    [Fact]
    public async Task Data_wins_over_a_file()
    {
        using var authority = new TestAuthority();
        ClientPem jane = authority.IssueClient("jane");
        string file = _world.Files.Write("config", $$"""
            clusters: [{name: c, cluster: {server: 'https://s'} }]
            users: [{name: u, user: {client-certificate: gone.crt, client-certificate-data: {{jane.CertificateBase64}}, client-key: gone.key, client-key-data: {{jane.KeyBase64}} } }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            current-context: x
            """);

        using ConnectionSettings settings = ContextResolver.Resolve(await LoadAsync(file), null, TimeSpan.FromSeconds(1));

        Assert.Equal("CN=jane", settings.Certificate!.Leaf.Subject);
    }

    [Fact]
    public async Task A_context_without_a_namespace_means_default()
    {
        string file = Config("f", "current-context: a", "a", "https://a");

        using ConnectionSettings settings = ContextResolver.Resolve(await LoadAsync(file), null, TimeSpan.FromSeconds(1));

        Assert.Equal("default", settings.Endpoint.Namespace);
    }

    public void Dispose() => _world.Dispose();

    private static Task<Kubeconfig> LoadAsync(params string[] files) => Kubeconfig.LoadAsync(files, KubeWorld.Cancel);

    private static string ServerOf(Kubeconfig config, string context)
    {
        using ConnectionSettings settings = ContextResolver.Resolve(config, context, TimeSpan.FromSeconds(1));
        return settings.Endpoint.Server.ToString();
    }

    private KubeEnvironment Environment(string? kubeconfig) => new(name => name == "KUBECONFIG" ? kubeconfig : null, _world.Files.FullPath, _world.Files.FullPath);

    private string Config(string name, string head, params string[] contextsAndServers)
    {
        var clusters = new List<string>();
        var contexts = new List<string>();
        foreach (string[] pair in contextsAndServers.Chunk(2))
        {
            clusters.Add($"{{name: {pair[0]}, cluster: {{server: '{pair[1]}'}}}}");
            contexts.Add($"{{name: {pair[0]}, context: {{cluster: {pair[0]}}}}}");
        }
        return _world.Files.Write(name, $"kind: Config\n{head}\nclusters: [{string.Join(", ", clusters)}]\ncontexts: [{string.Join(", ", contexts)}]\n");
    }
}
