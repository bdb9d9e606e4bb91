using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Tests.Api;

public class AccessTests
{
    private const string Rbac = "/apis/rbac.authorization.k8s.io/v1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", "/api/v1/namespaces/a/pods/b", "get", "", "pods", "", "a", "b")]
    [InlineData("GET", "/api/v1/pods", "list", "", "pods", "", null, null)]
    [InlineData("GET", "/apis/apps/v1/namespaces/a/deployments?watch=true", "watch", "apps", "deployments", "", "a", null)]
    [InlineData("GET", "/api/v1/watch/namespaces/a/pods", "watch", "", "pods", "", "a", null)]
    [InlineData("POST", "/api/v1/namespaces/a/pods/b/exec", "create", "", "pods", "exec", "a", "b")]
    [InlineData("PATCH", "/api/v1/namespaces/a", "patch", "", "namespaces", "", "a", "a")]
    [InlineData("PUT", "/api/v1/namespaces/a/finalize", "update", "", "namespaces", "finalize", "a", "a")]
    [InlineData("DELETE", "/api/v1/namespaces/a/pods", "deletecollection", "", "pods", "", "a", null)]
    [InlineData("GET", "/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db", "list", "", "pods", "", "a", "b")]
    public void A_request_is_read_from_its_path(string method, string target, string verb, string group, string resource, string subresource, string? space, string? name)
    {
        string[] parts = target.Split('?');

        RequestAttributes about = RequestInfo.Read(method, parts[0], new HttpQuery(parts.ElementAtOrDefault(1) ?? ""));

        Assert.Equal((verb, group, resource, subresource, space, name, null),
            (about.Verb, about.Group, about.Resource, about.Subresource, about.Namespace, about.Name, about.NonResourcePath));
    }

    [Fact]
    public async Task Who_is_not_known_gets_no_further_than_the_front_door()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        using var stranger = new HttpClient(new InProcessHandler(world.Api.Server.HandleAsync)) { BaseAddress = new Uri("https://sandbox") };

        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/healthz", Cancel)).StatusCode);
        HttpResponseMessage refused = await stranger.GetAsync("/api", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("User \\\"system:anonymous\\\" cannot get path \\\"/api\\\"", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "guess");
        HttpResponseMessage unknown = await stranger.GetAsync("/healthz", Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}""",
            (await unknown.Content.ReadAsStringAsync(Cancel)).Trim());
    }

    [Fact]
    public async Task What_no_role_allows_is_refused_in_the_servers_words()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();

        async Task<string> Refusal(string path, HttpMethod? method = null)
        {
            (int status, JsonNode body) = await world.SendAsync(method ?? HttpMethod.Get, path, user: "bob");
            Assert.Equal(403, status);
            return body.TextAt("message")!;
        }

        Assert.Equal("pods is forbidden: User \"bob\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"", await Refusal("/api/v1/namespaces/default/pods"));
        Assert.Equal("nodes \"x\" is forbidden: User \"bob\" cannot get resource \"nodes\" in API group \"\" at the cluster scope", await Refusal("/api/v1/nodes/x"));
        Assert.Equal("deployments.apps \"x\" is forbidden: User \"bob\" cannot get resource \"deployments/scale\" in API group \"apps\" in the namespace \"default\"",
            await Refusal("/apis/apps/v1/namespaces/default/deployments/x/scale"));
        Assert.Equal("forbidden: User \"bob\" cannot get path \"/foo\"", await Refusal("/foo"));
        Assert.Equal("pods is forbidden: User \"bob\" cannot deletecollection resource \"pods\" in API group \"\" in the namespace \"default\"",
            await Refusal("/api/v1/namespaces/default/pods", HttpMethod.Delete));
    }

    [Fact]
    public async Task A_role_gives_what_it_names_where_it_is_bound_and_nothing_else()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"a"}}""");
        await world.CreateAsync($"{Rbac}/namespaces/a/roles",
            """{"metadata":{"name":"r"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["list"]},{"apiGroups":[""],"resources":["configmaps"],"resourceNames":["one"],"verbs":["get"]},{"apiGroups":["apps"],"resources":["*/scale"],"verbs":["get"]}]}""");
        await world.CreateAsync($"{Rbac}/namespaces/a/rolebindings",
            """{"metadata":{"name":"r"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"bob"}]}""");

        async Task<int> Status(string path) => (await world.SendAsync(HttpMethod.Get, path, user: "bob")).Status;

        Assert.Equal(200, await Status("/api/v1/namespaces/a/pods"));
        Assert.Equal(403, await Status("/api/v1/namespaces/default/pods"));
        Assert.Equal(403, await Status("/api/v1/pods"));
        Assert.Equal(403, await Status("/api/v1/namespaces/a/pods?watch=1"));
        Assert.Equal(403, await Status("/api/v1/namespaces/a/pods/x/log"));
        Assert.Equal(404, await Status("/api/v1/namespaces/a/configmaps/one"));
        Assert.Equal(403, await Status("/api/v1/namespaces/a/configmaps/two"));
        Assert.Equal(404, await Status("/apis/apps/v1/namespaces/a/deployments/x/scale"));
        (int _, JsonNode review) = await world.SendAsync(HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            JsonNode.Parse("""{"spec":{"resourceAttributes":{"verb":"list","resource":"pods","namespace":"a"}}}"""), "bob");
        Assert.Equal("RBAC: allowed by RoleBinding \"r/a\" of Role \"r\" to User \"bob\"", review.TextAt("status.reason"));
    }

    [Fact]
    public async Task Nobody_gives_away_rights_that_they_do_not_have()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.CreateAsync($"{Rbac}/clusterroles",
            """{"metadata":{"name":"makers"},"rules":[{"apiGroups":["rbac.authorization.k8s.io"],"resources":["roles","rolebindings"],"verbs":["create"]},{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}""");
        await world.CreateAsync($"{Rbac}/clusterrolebindings",
            """{"metadata":{"name":"makers"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"makers"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"bob"}]}""");
        JsonNode role = JsonNode.Parse("""{"metadata":{"name":"r1"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","list"]}]}""")!;

        (int status, JsonNode body) = await world.SendAsync(HttpMethod.Post, $"{Rbac}/namespaces/default/roles", role, "bob");

        Assert.Equal(403, status);
        Assert.Equal("roles.rbac.authorization.k8s.io \"r1\" is forbidden: user \"bob\" (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n"
            + "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}", body.TextAt("message"));
        await world.CreateAsync($"{Rbac}/namespaces/default/roles", """{"metadata":{"name":"r2"},"rules":[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]}""", "bob");
        JsonNode binding = JsonNode.Parse("""{"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},"subjects":[]}""")!;
        Assert.Equal(403, (await world.SendAsync(HttpMethod.Post, $"{Rbac}/namespaces/default/rolebindings", binding, "bob")).Status);
        (status, body) = await world.SendAsync(HttpMethod.Post, $"{Rbac}/namespaces/default/rolebindings",
            JsonNode.Parse("""{"metadata":{"name":"b"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"nonesuch"}}"""), "bob");
        Assert.Equal((404, "roles.rbac.authorization.k8s.io \"nonesuch\" not found"), (status, body.TextAt("message")));
    }

    [Fact]
    public async Task A_service_accounts_token_is_good_as_long_as_the_account()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        JsonNode issued = await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts/robot/token", """{"spec":{"expirationSeconds":900}}""");
        string token = issued.TextAt("status.token")!;

        async Task<JsonNode> Review() => (await world.CreateAsync("/apis/authentication.k8s.io/v1/tokenreviews", $$$"""{"spec":{"token":"{{{token}}}"}}"""))["status"]!;

        JsonNode status = await Review();
        Assert.Equal("system:serviceaccount:default:robot", status.TextAt("user.username"));
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"], status.TextsAt("user.groups"));
        await world.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/serviceaccounts/robot");
        await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        Assert.Equal("invalid bearer token", (await Review()).TextAt("error"));
    }

    [Fact]
    public async Task A_kept_token_is_good_as_long_as_its_Secret()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        JsonNode account = await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        string uid = account.TextAt("metadata.uid")!;
        string token = world.Api.Tokens.IssueForSecret("default", "robot", uid, "robot-token");
        JsonNode review = JsonNode.Parse($$$"""{"spec":{"token":"{{{token}}}"}}""")!;
        const string Reviews = "/apis/authentication.k8s.io/v1/tokenreviews";

        Assert.Equal("invalid bearer token", (await world.CreateAsync(Reviews, review.ToJsonString())).TextAt("status.error"));
        await world.CreateAsync("/api/v1/namespaces/default/secrets",
            $$$"""{"metadata":{"name":"robot-token","annotations":{"kubernetes.io/service-account.name":"robot","kubernetes.io/service-account.uid":"{{{uid}}}"}},"type":"kubernetes.io/service-account-token","stringData":{"token":"{{{token}}}"}}""");
        Assert.Equal("system:serviceaccount:default:robot", (await world.CreateAsync(Reviews, review.ToJsonString())).TextAt("status.user.username"));
        await world.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/secrets/robot-token");
        Assert.Equal("invalid bearer token", (await world.CreateAsync(Reviews, review.ToJsonString())).TextAt("status.error"));
    }

    [Fact]
    public async Task Acting_as_somebody_needs_the_verb_impersonate()
    {
        await using ApiWorld world = await ApiWorld.StartAsync();
        await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        JsonNode issued = await world.CreateAsync("/api/v1/namespaces/default/serviceaccounts/robot/token", """{"spec":{}}""");
        using var robot = new HttpClient(new InProcessHandler(world.Api.Server.HandleAsync)) { BaseAddress = new Uri("https://sandbox") };
        robot.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issued.TextAt("status.token"));
        robot.DefaultRequestHeaders.Add("Impersonate-User", "amy");

        HttpResponseMessage answer = await robot.GetAsync("/api", Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("users \\\"amy\\\" is forbidden: User \\\"system:serviceaccount:default:robot\\\" cannot impersonate resource \\\"users\\\" in API group \\\"\\\" at the cluster scope",
            await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }
}
