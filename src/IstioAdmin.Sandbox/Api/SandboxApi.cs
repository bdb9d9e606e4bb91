using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Admission;
using IstioAdmin.Sandbox.Api.Connect;
using IstioAdmin.Sandbox.Api.Discovery;
using IstioAdmin.Sandbox.Api.OpenApi;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Api.Tables;
using IstioAdmin.Sandbox.Http;
using IstioAdmin.Sandbox.Nodes;

namespace IstioAdmin.Sandbox.Api;

/// <summary>The whole Kubernetes API of a sandbox, put together.</summary>
internal sealed class SandboxApi
{
    private static readonly string[] Namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];

    /// <param name="runtime">What runs in containers.</param>
    /// <param name="address">Host and port as clients reach it.</param>
    /// <param name="store">The objects; null for none yet.</param>
    /// <param name="administratorToken">The administrator's token; null for a new one.</param>
    /// <param name="signingKey">The key that signs service accounts' tokens; null for a new one.</param>
    /// <param name="time">Tells the time; null for the system's clock.</param>
    /// <param name="services">Finds the services of webhooks; null for where their endpoints are.</param>
    /// <param name="onError">Told of failures that are the sandbox's own.</param>
    public SandboxApi(
        IContainerRuntime runtime, string address = "127.0.0.1", ObjectStore? store = null, string? administratorToken = null, byte[]? signingKey = null,
        TimeProvider? time = null, Func<IObjectReader, IServiceResolver>? services = null, Action<Exception>? onError = null)
    {
        TimeProvider clock = time ?? TimeProvider.System;
        SigningKey = signingKey ?? ServiceAccountTokens.CreateKey();
        AdministratorToken = administratorToken ?? Authenticator.CreateToken();
        IObjectReader objects = new Objects(() => Machinery!.Store);
        var rules = new RuleResolver(objects);
        var authorizer = new RbacAuthorizer(rules);
        Machinery = new ApiMachinery(store, services)
        {
            Clock = clock,
            Representations = new Representations(clock),
            Escalation = new EscalationCheck(rules, authorizer),
        };
        var tokens = new ServiceAccountTokens(SigningKey, objects, clock);
        Tokens = tokens;
        var authenticator = new Authenticator(AdministratorToken, tokens);
        var handler = new ResourceHandler(Machinery);
        Server = new ApiServer(
            authenticator, authorizer, new Reviews(authenticator, authorizer, rules, tokens, objects), new DiscoveryHandler(Machinery.Types, address),
            new OpenApiHandler(Machinery.Types), new ConnectHandler(objects, runtime, clock), HandleAsync, onError: onError);

        Task HandleAsync(HttpExchange exchange, ApiUser user, RequestAttributes about)
        {
            if (!Machinery.Types.TryFind(about.Group, about.Version, about.Resource, out ResourceType? type))
                throw ApiErrors.NoSuchPath();
            // A namespace is in itself for authorization only.
            return handler.HandleAsync(exchange, user, ResourceRequest.From(type.Namespaced ? about : about with { Namespace = null }, type));
        }
    }

    /// <summary>The front door.</summary>
    public ApiServer Server { get; }

    /// <summary>What is behind it.</summary>
    public ApiMachinery Machinery { get; }

    /// <summary>Issues service accounts' tokens.</summary>
    public ITokenIssuer Tokens { get; }

    /// <summary>The administrator's token; a secret.</summary>
    public string AdministratorToken { get; }

    /// <summary>The key that signs service accounts' tokens; a secret.</summary>
    public byte[] SigningKey { get; }

    /// <summary>A client within the process with the administrator's rights, or those of whom the administrator acts as.</summary>
    /// <param name="user">As whom to act; null for the administrator.</param>
    /// <param name="groups">The groups to act with.</param>
    public HttpClient CreateClient(string? user = null, params IReadOnlyList<string> groups)
    {
        var client = new HttpClient(new InProcessHandler(Server.HandleAsync)) { BaseAddress = new Uri("https://sandbox"), Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdministratorToken);
        if (user is not null)
            client.DefaultRequestHeaders.Add("Impersonate-User", user);
        foreach (string group in groups)
            client.DefaultRequestHeaders.Add("Impersonate-Group", group);
        return client;
    }

    /// <summary>Creates what every cluster begins with: its namespaces, roles and bindings. What is there already stays.</summary>
    public async Task SeedAsync(CancellationToken cancel)
    {
        using HttpClient client = CreateClient("system:apiserver", ApiUser.Masters);
        client.DefaultRequestHeaders.UserAgent.ParseAdd("kube-apiserver/1.20");
        foreach (string name in Namespaces)
        {
            await CreateAsync(client, "/api/v1/namespaces", new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["metadata"] = new JsonObject { ["name"] = name },
            }, cancel).ConfigureAwait(false);
        }
        foreach (JsonObject policy in DefaultPolicy.Objects())
        {
            string plural = policy.TextAt("kind") == "ClusterRole" ? "clusterroles" : "clusterrolebindings";
            await CreateAsync(client, $"/apis/{RuleResolver.Group}/v1/{plural}", policy, cancel).ConfigureAwait(false);
        }
    }

    private static async Task CreateAsync(HttpClient client, string path, JsonObject item, CancellationToken cancel)
    {
        using HttpResponseMessage answer = await client.PostAsJsonAsync(path, item, cancel).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode || answer.StatusCode == System.Net.HttpStatusCode.Conflict)
            return;
        string text = await answer.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        throw new InvalidOperationException($"{item.TextAt("kind")} {item.TextAt("metadata.name")} was refused: {text}");
    }

    // The rules need objects before there is a place for them.
    private sealed class Objects(Func<IObjectReader> inner) : IObjectReader
    {
        public JsonObject? Find(string group, string plural, string? @namespace, string name) => inner().Find(group, plural, @namespace, name);

        public IReadOnlyList<JsonObject> List(string group, string plural, string? @namespace = null) => inner().List(group, plural, @namespace);
    }
}
