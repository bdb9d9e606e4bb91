using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>
/// What every namespace has: the service account <c>default</c> and the ConfigMap <c>kube-root-ca.crt</c>
/// (<c>pkg/controller/serviceaccount</c>, <c>pkg/controller/certificates/rootcacertpublisher</c> of Kubernetes 1.20).
/// </summary>
internal sealed class ServiceAccountController : Controller
{
    private const string Accounts = "api/v1/serviceaccounts";
    private const string Maps = "api/v1/configmaps";
    private const string RootMap = "kube-root-ca.crt";

    private readonly AccountTokens _tokens;
    private readonly Informer _namespaces;
    private readonly Informer _accounts;
    private readonly Informer _maps;

    public ServiceAccountController(ControllerContext context, AccountTokens tokens)
        : base(context, "service-account-controller", 2)
    {
        _tokens = tokens;
        _namespaces = Informers.Of("api/v1/namespaces");
        _accounts = Informers.Of(Accounts);
        _maps = Informers.Of(Maps);
        _namespaces.OnChange((_, now) =>
        {
            if (now is not null)
                Queue.Add(Meta.Name(now));
        });
        _accounts.OnChange((before, now) =>
        {
            if (now is null && Meta.Name(before!) == "default")
                Queue.Add(Meta.Namespace(before!)!);
        });
        _maps.OnChange((before, now) =>
        {
            if (Meta.Name(now ?? before!) == RootMap)
                Queue.Add(Meta.Namespace(now ?? before!)!);
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (_namespaces.Find(key) is not { } ns || Meta.IsDeleting(ns))
            return;
        if (_accounts.Find(key, "default") is null)
        {
            await MakeAsync(_accounts, key, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["metadata"] = new JsonObject { ["name"] = "default" } })
                .ConfigureAwait(false);
        }
        var data = new JsonObject { ["ca.crt"] = _tokens.Authority };
        if (_maps.Find(key, RootMap) is not { } map)
            await MakeAsync(_maps, key, new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = RootMap }, ["data"] = data }).ConfigureAwait(false);
        else if (!JsonNode.DeepEquals(map["data"], data))
            _maps.Observe(await Api.PatchAsync(Meta.PathOf(Maps, map), new JsonObject { ["data"] = data }, "root-ca-cert-publisher", End).ConfigureAwait(false));
    }

    private async Task MakeAsync(Informer informer, string ns, JsonObject item)
    {
        try
        {
            informer.Observe(await Api.PostAsync(Meta.Collection(informer.Path, ns), item, Name, End).ConfigureAwait(false));
        }
        catch (ClusterApiException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.Forbidden)
        {
            // There already, or the namespace is going away.
        }
    }
}

/// <summary>The token of every service account, in a Secret (<c>serviceaccount/tokens_controller.go</c> of Kubernetes 1.20).</summary>
internal sealed class TokenController : Controller
{
    private const string Accounts = "api/v1/serviceaccounts";
    private const string Secrets = "api/v1/secrets";
    private const string Type = "kubernetes.io/service-account-token";
    private const string NameAnnotation = "kubernetes.io/service-account.name";
    private const string UidAnnotation = "kubernetes.io/service-account.uid";
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    private readonly AccountTokens _tokens;
    private readonly Informer _accounts;
    private readonly Informer _secrets;

    public TokenController(ControllerContext context, AccountTokens tokens)
        : base(context, "tokens-controller", 2)
    {
        _tokens = tokens;
        _accounts = Informers.Of(Accounts);
        _secrets = Informers.Of(Secrets);
        _accounts.OnChange((before, now) => Queue.Add(Informer.KeyOf(now ?? before!)));
        _secrets.OnChange((before, now) =>
        {
            if (Json.Text(now ?? before!, "type") == Type && Meta.Annotation(now ?? before!, NameAnnotation) is { } account)
                Queue.Add($"{Meta.Namespace(now ?? before!)}/{account}");
        });
    }

    protected override async Task SyncAsync(string key)
    {
        (string? ns, string name) = Meta.Split(key);
        JsonObject? account = _accounts.Find(key);
        List<JsonObject> tokens = [];
        foreach (JsonObject secret in _secrets.By(Informers.ByNamespace, ns!).Where(secret => Json.Text(secret, "type") == Type && Meta.Annotation(secret, NameAnnotation) == name))
        {
            if (account is null || (Meta.Annotation(secret, UidAnnotation) is { } uid && uid != Meta.Uid(account)))
                await Api.DeleteAsync(Meta.PathOf(Secrets, secret), null, Meta.Uid(secret), "Background", End).ConfigureAwait(false);
            else
                tokens.Add(await FillAsync(secret, account).ConfigureAwait(false));
        }
        if (account is null || Meta.IsDeleting(account))
            return;
        JsonObject[] named = [.. Meta.Items(account, "secrets")];
        if (tokens.Exists(secret => Array.Exists(named, reference => Json.Text(reference, "name") == Meta.Name(secret))))
            return;
        // One that was made a moment ago and not written down, before another one.
        JsonObject made = tokens.Find(secret => Meta.Name(secret).StartsWith($"{name}-token-", StringComparison.Ordinal)) ?? await MakeAsync(account).ConfigureAwait(false);
        _accounts.Observe(await Api.PatchAsync(Meta.PathOf(Accounts, account), new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = Meta.Uid(account) },
            ["secrets"] = new JsonArray([.. named.Where(reference => Exists(ns!, reference)).Select(reference => reference.DeepClone()), new JsonObject { ["name"] = Meta.Name(made) }]),
        }, Name, End).ConfigureAwait(false));
    }

    // A reference that somebody wrote by hand stays, also where there is no such Secret yet; a token that was deleted does not.
    private bool Exists(string ns, JsonObject reference) =>
        _secrets.Find(ns, Json.Text(reference, "name") ?? "") is not null || Json.Text(reference, "name")?.Contains("-token-", StringComparison.Ordinal) == false;

    private async Task<JsonObject> MakeAsync(JsonObject account)
    {
        string secret = $"{Meta.Name(account)}-token-{string.Concat(RandomNumberGenerator.GetItems<char>(Alphabet, 5))}";
        return _secrets.Observe(await Api.PostAsync(Meta.Collection(Secrets, Meta.Namespace(account)), new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject
            {
                ["name"] = secret,
                ["annotations"] = new JsonObject { [NameAnnotation] = Meta.Name(account), [UidAnnotation] = Meta.Uid(account) },
            },
            ["type"] = Type,
            ["data"] = await DataAsync(account, secret).ConfigureAwait(false),
        }, Name, End).ConfigureAwait(false));
    }

    private async Task<JsonObject> FillAsync(JsonObject secret, JsonObject account)
    {
        if (Json.Text(secret, "data", "token") is not null && Json.Text(secret, "data", "ca.crt") is not null && Json.Text(secret, "data", "namespace") is not null
            && Meta.Annotation(secret, UidAnnotation) is not null)
            return secret;
        return _secrets.Observe(await Api.PatchAsync(Meta.PathOf(Secrets, secret), new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [UidAnnotation] = Meta.Uid(account) } },
            ["data"] = await DataAsync(account, Meta.Name(secret)).ConfigureAwait(false),
        }, Name, End).ConfigureAwait(false));
    }

    private async Task<JsonObject> DataAsync(JsonObject account, string secret)
    {
        string ns = Meta.Namespace(account)!;
        string token = await _tokens.Issue(ns, Meta.Name(account), Meta.Uid(account), secret).ConfigureAwait(false);
        return new JsonObject { ["ca.crt"] = Base64(_tokens.Authority), ["namespace"] = Base64(ns), ["token"] = Base64(token) };
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
