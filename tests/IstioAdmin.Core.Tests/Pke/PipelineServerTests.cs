using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Testing.Pipeline;

namespace IstioAdmin.Core.Tests.Pke;

/// <summary>The server that the other tests believe: it takes what the API description allows, refuses the rest as the service does, and misbehaves on request.</summary>
public sealed class PipelineServerTests : IAsyncLifetime
{
    private const string Classic = """
        {"name":"demo","location":"eu-central-1","cloud":"amazon","secretName":"aws-secret","properties":{"pke":{
          "network":{"apiServerAddress":"","serviceCIDR":"10.32.0.0/24","podCIDR":"10.200.0.0/16","provider":"weave"},
          "kubernetes":{"version":"v1.12.2","rbac":{"enabled":true}},"cri":{"runtime":"containerd"},
          "nodePools":[{"name":"pool1","roles":["master"],"autoscaling":false,"provider":"amazon","providerConfig":{"autoScalingGroup":{"name":"pool1","image":"ami-1","zones":["eu-central-1a"],
            "instanceType":"c5.large","launchConfigurationName":"master","vpcID":"","securityGroupID":"","subnets":[],"tags":{},"spotPrice":"","size":{"min":1,"max":1,"desired":1}}}}]}}}
        """;

    private const string Azure = """
        {"name":"demo","type":"pke-on-azure","location":"westeurope","resourceGroup":"rg-mesh","secretId":"61ab77d2","kubernetes":{"version":"1.17.9","rbac":true},
         "nodepools":[{"name":"master","roles":["master","worker"],"count":1,"instanceType":"Standard_D2s_v3"}]}
        """;

    private const string Sphere = """
        {"name":"demo","type":"pke-on-vsphere","secretName":"sphere-secret","kubernetes":{"version":"1.15.3"},"resourcePool":"r",
         "nodepools":[{"name":"master","roles":["master"],"size":1,"vcpu":2,"ram":2048}]}
        """;

    private readonly HttpClient _http = new();
    private PipelineServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Org => $"api/v1/orgs/{_server.Organization.Id}";

    public async ValueTask InitializeAsync()
    {
        _server = await PipelineServer.StartAsync();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _server.Token);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return _server.DisposeAsync();
    }

    [Theory]
    [InlineData(Classic)]
    [InlineData(Azure)]
    [InlineData(Sphere)]
    public async Task What_is_described_is_taken_once(string body)
    {
        (int status, JsonNode? answer) = await SendAsync("POST", $"{Org}/clusters", body);
        Assert.Equal((202, "demo"), (status, (string?)answer!["name"]));
        Assert.Equal(201, (await SendAsync("POST", $"{Org}/clusters", body)).Status);
        Assert.Empty(_server.Unknown);
        Assert.Equal("CREATING", _server.Cluster("demo").Status);
    }

    [Theory]
    [InlineData(Classic, "name", null, "name is required")]
    [InlineData(Classic, "name", "5", "field name of type string")]
    [InlineData(Classic, "location", null, "location is required")]
    [InlineData(Classic, "cloud", "\"google\"", "google is not supported")]
    [InlineData(Classic, "secretName", null, "either secretId or secretName")]
    [InlineData(Classic, "secretName", "\"nowhere\"", "secret not found")]
    [InlineData(Classic, "secretName", "\"azure-secret\"", "missmatch secret type azure")]
    [InlineData(Classic, "properties.pke.cri", null, "properties.pke.cri is required")]
    [InlineData(Classic, "properties.pke.cri.runtime", "[]", "properties.pke.cri.runtime of type string")]
    [InlineData(Classic, "properties.pke.kubernetes.rbac", "true", "properties.pke.kubernetes.rbac of type object")]
    [InlineData(Classic, "properties.pke.network.podCIDR", null, "properties.pke.network.podCIDR is required")]
    [InlineData(Classic, "properties.pke.nodePools", "{}", "properties.pke.nodePools of type array")]
    [InlineData(Classic, "properties.pke.nodePools.0.roles", null, "properties.pke.nodePools[0].roles is required")]
    [InlineData(Classic, "properties.pke.nodePools.0.roles", "[\"worker\"]", "exactly one node pool")]
    [InlineData(Classic, "properties.pke.nodePools.0.providerConfig.autoScalingGroup.size.max", "1.5", "size.max of type int")]
    [InlineData(Classic, "properties.pke.nodePools.0.providerConfig.autoScalingGroup.vpcID", null, "vpcID is required")]
    [InlineData(Azure, "type", "\"pke-on-mars\"", "unknown cluster type: pke-on-mars")]
    [InlineData(Azure, "resourceGroup", null, "resourceGroup is required")]
    [InlineData(Azure, "resourceGroup", "\"nowhere\"", "resource group nowhere not found")]
    [InlineData(Azure, "kubernetes.version", null, "kubernetes.version is required")]
    [InlineData(Azure, "kubernetes.rbac", "{}", "kubernetes.rbac of type bool")]
    [InlineData(Azure, "nodepools.0.count", "0", "nodepools[0].count of type int of at least 1")]
    [InlineData(Azure, "nodepools.0.zones", "[\"4\"]", "one of 1, 2, 3")]
    [InlineData(Azure, "nodepools.0.roles.0", "\"boss\"", "one of master, system, worker")]
    [InlineData(Sphere, "nodepools.0.vcpu", null, "nodepools[0].vcpu is required")]
    [InlineData(Sphere, "nodepools.0.ram", "\"2048\"", "nodepools[0].ram of type int")]
    public async Task What_is_not_described_is_refused_and_nothing_is_created(string body, string field, string? value, string explained)
    {
        JsonObject changed = JsonNode.Parse(body)!.AsObject();
        Set(changed, field.Split('.'), value);

        (int status, JsonNode? answer) = await SendAsync("POST", $"{Org}/clusters", changed.ToJsonString());

        Assert.Equal((400, 400, "Invalid request"), (status, (int)answer!["code"]!, (string?)answer["message"]));
        Assert.Contains(explained, (string?)answer["error"], StringComparison.Ordinal);
        Assert.Empty(_server.Organization.Clusters);
    }

    [Fact]
    public async Task What_the_client_leaves_out_is_taken_where_a_test_says_so()
    {
        JsonObject request = JsonNode.Parse(Classic)!.AsObject();
        Set(request, "properties.pke.network".Split('.'), null);
        Set(request, "properties.pke.nodePools.0.providerConfig.autoScalingGroup.vpcID".Split('.'), null);
        Assert.Equal(400, (await SendAsync("POST", $"{Org}/clusters", request.ToJsonString())).Status);

        _server.TakesWhatTheClientSends = true;

        Assert.Equal(202, (await SendAsync("POST", $"{Org}/clusters", request.ToJsonString())).Status);
    }

    [Fact]
    public async Task A_field_that_nobody_knows_is_taken_and_remembered()
    {
        Assert.Equal(202, (await SendAsync("POST", $"{Org}/clusters", Azure.Insert(Azure.IndexOf('{', StringComparison.Ordinal) + 1, "\"colour\":\"red\","))).Status);
        Assert.Equal("CreateCluster: colour", Assert.Single(_server.Unknown));
    }

    [Theory]
    [InlineData("GET", "api/v1/orgs/99/clusters", 404, "Organization not found")]
    [InlineData("GET", "api/v1/orgs/team/clusters", 400, "Invalid request")]
    [InlineData("GET", "api/v1/orgs/1/clusters/99", 404, "Cluster not found")]
    [InlineData("DELETE", "api/v1/orgs/1/clusters/3?force=perhaps", 400, "Invalid request")]
    [InlineData("GET", "api/v1/orgs/1/secrets?type=paper", 400, "Invalid request")]
    [InlineData("GET", "api/v1/orgs/1/networks?cloudType=amazon&region=eu-central-1", 400, "Invalid request")]
    public async Task Wrong_paths_queries_and_headers_are_refused(string method, string path, int status, string message)
    {
        _server.AddCluster("running");
        (int answered, JsonNode? body) = await SendAsync(method, path);
        Assert.Equal((status, status, message), (answered, (int)body!["code"]!, (string?)body["message"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    public async Task A_body_that_is_no_object_is_refused(string body) => Assert.Equal(400, (await SendAsync("POST", $"{Org}/clusters", body)).Status);

    [Fact]
    public async Task Newer_operations_answer_with_problem_details()
    {
        _server.AddCluster("busy").Become("UPDATING", "Cluster is being updated");
        using HttpResponseMessage response = await _http.PutAsync(new Uri($"{_server.Uri}/{Org}/clusters/{_server.Cluster("busy").Id}/update"), Json("""{"version":"1.13.0"}"""), Cancel);
        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Contains("is in UPDATING state", (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_token_nothing_but_the_version_is_told()
    {
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "wrong");
        Assert.Equal(200, (await SendAsync("GET", "api/version")).Status);
        Assert.Equal(401, (await SendAsync("GET", "api/v1/orgs")).Status);
        Assert.Equal(401, (await SendAsync("POST", $"{Org}/clusters", "{")).Status);
    }

    [Fact]
    public async Task A_cluster_lives_from_creating_to_gone()
    {
        int id = (int)(await SendAsync("POST", $"{Org}/clusters", Classic)).Body!["id"]!;
        (int young, JsonNode? why) = await SendAsync("GET", $"{Org}/clusters/{id}/config");
        Assert.Equal((409, "Secret has not been created yet", "cluster is not ready"), (young, (string?)why!["message"], (string?)why["error"]));

        List<string?> statuses = [];
        for (int i = 0; i < 3; i++)
            statuses.Add((string?)(await SendAsync("GET", $"{Org}/clusters/{id}")).Body!["status"]);
        Assert.Equal(["CREATING", "RUNNING", "RUNNING"], statuses);
        Assert.Contains("v1alpha1", (string?)(await SendAsync("GET", $"{Org}/clusters/{id}/config")).Body!["data"], StringComparison.Ordinal);

        Assert.Equal(202, (await SendAsync("PUT", $"{Org}/clusters/{id}", """{"cloud":"amazon","properties":{"pke":{"nodePools":{"extra":{"instanceType":"t2.medium","count":2}}}}}""")).Status);
        Assert.Equal((409, "UPDATING"), ((await SendAsync("PUT", $"{Org}/clusters/{id}", """{"cloud":"amazon","properties":{"pke":{"nodePools":{}}}}""")).Status, _server.Cluster("demo").Status));
        Assert.Equal(["pool1", "extra"], _server.Cluster("demo").Pools.Keys);

        Assert.Equal(202, (await SendAsync("DELETE", $"{Org}/clusters/{id}")).Status);
        Assert.Equal(404, (await SendAsync("GET", $"{Org}/clusters/{id}")).Status);
        Assert.Empty(_server.Organization.Clusters);
    }

    [Fact]
    public async Task A_test_moves_the_status_when_polls_do_not()
    {
        _server.PollsPerStatus = 0;
        int id = (int)(await SendAsync("POST", $"{Org}/clusters", Azure)).Body!["id"]!;
        PolledCluster cluster = _server.Cluster("demo");
        await SendAsync("GET", $"{Org}/clusters/{id}");
        await SendAsync("GET", $"{Org}/clusters/{id}");
        Assert.Equal("CREATING", cluster.Status);
        cluster.Become("ERROR", "out of addresses");
        Assert.Equal("out of addresses", (string?)(await SendAsync("GET", $"{Org}/clusters/{id}")).Body!["statusMessage"]);
    }

    [Fact]
    public async Task Faults_happen_as_often_as_was_said()
    {
        _server.Break("GET .*/clusters$", PipelineFault.Unauthorized);
        _server.Break("GET .*/clusters$", PipelineFault.ProxyPage());
        Assert.Equal(200, (await SendAsync("GET", "api/v1/orgs")).Status);
        Assert.Equal(401, (await SendAsync("GET", $"{Org}/clusters")).Status);
        using (HttpResponseMessage page = await _http.GetAsync(new Uri($"{_server.Uri}/{Org}/clusters"), Cancel))
            Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Equal(200, (await SendAsync("GET", $"{Org}/clusters")).Status);

        _server.Break("GET .*/orgs$", PipelineFault.TruncatedJson);
        string cut = await _http.GetStringAsync(new Uri($"{_server.Uri}/api/v1/orgs"), Cancel);
        Assert.ThrowsAny<System.Text.Json.JsonException>(() => JsonNode.Parse(cut));

        _server.Break("GET .*/orgs$", PipelineFault.BrokenBody);
        // What is the first on its connection is not tried again by the client itself.
        using var fresh = new HttpClient();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => fresh.GetStringAsync(new Uri($"{_server.Uri}/api/v1/orgs"), Cancel));

        _server.Break("GET .*/orgs$", PipelineFault.SlowBody(TimeSpan.FromMilliseconds(5)));
        Assert.NotNull(JsonNode.Parse(await _http.GetStringAsync(new Uri($"{_server.Uri}/api/v1/orgs"), Cancel)));
    }

    [Fact]
    public async Task The_clock_can_be_wrong()
    {
        _server.ClockSkew = TimeSpan.FromHours(-3);
        using HttpResponseMessage response = await _http.GetAsync(new Uri($"{_server.Uri}/api/version"), Cancel);
        Assert.True(response.Headers.Date < DateTimeOffset.UtcNow.AddHours(-2));
    }

    [Fact]
    public async Task It_goes_away_and_comes_back_at_the_same_address()
    {
        _server.AddCluster("kept");
        Uri before = _server.Uri;
        await _server.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("GET", "api/version"));
        await _server.RestartAsync();
        Assert.Equal(before, _server.Uri);
        Assert.Equal("kept", (string?)(await SendAsync("GET", $"{Org}/clusters")).Body![0]!["name"]);
    }

    [Fact]
    public async Task With_an_authority_of_its_own_only_those_who_know_it_come_in()
    {
        await using PipelineServer secured = await PipelineServer.StartAsync(tls: true);
        await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(new Uri($"{secured.Uri}/api/version"), Cancel));
        using var knowing = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.ExportCertificatePem() == secured.CertificateAuthority,
        };
        using var http = new HttpClient(knowing);
        Assert.Contains("0.80.0", await http.GetStringAsync(new Uri($"{secured.Uri}/api/version"), Cancel), StringComparison.Ordinal);
    }

    private async Task<(int Status, JsonNode? Body)> SendAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{_server.Uri}/{path}")) { Content = body is null ? null : Json(body) };
        using HttpResponseMessage response = await _http.SendAsync(request, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static void Set(JsonNode node, string[] path, string? json)
    {
        foreach (string step in path[..^1])
            node = (node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : node[step])!;
        if (node is JsonArray items)
            items[int.Parse(path[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(json!);
        else if (json is null)
            node.AsObject().Remove(path[^1]);
        else
            node[path[^1]] = JsonNode.Parse(json);
    }
}
