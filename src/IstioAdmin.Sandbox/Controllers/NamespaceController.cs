using System.Net;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Controllers;

/// <summary>Empties namespaces that are being deleted and lets them go (<c>pkg/controller/namespace/deletion</c> of Kubernetes 1.20).</summary>
internal sealed class NamespaceController : Controller
{
    /// <summary>The collection.</summary>
    public const string Path = "api/v1/namespaces";

    private const string Finalizer = "kubernetes";
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MuchLater = TimeSpan.FromSeconds(2);

    private readonly Informer _namespaces;
    private readonly Dictionary<string, int> _rounds = new(StringComparer.Ordinal);

    public NamespaceController(ControllerContext context)
        : base(context, "namespace-controller", 2)
    {
        _namespaces = Informers.Of(Path);
        _namespaces.OnChange((_, now) =>
        {
            if (now is not null && Meta.IsDeleting(now))
                Queue.Add(Meta.Name(now));
        });
    }

    protected override async Task SyncAsync(string key)
    {
        if (await Api.FindAsync($"{Path}/{key}", End).ConfigureAwait(false) is not { } ns || !Meta.IsDeleting(ns) || !Json.Texts(ns, "spec", "finalizers").Contains(Finalizer))
        {
            lock (_rounds)
                _rounds.Remove(key);
            return;
        }
        if (Json.Text(ns, "status", "phase") != "Terminating")
            ns = await Api.PatchAsync($"{Path}/{key}/status", new JsonObject { ["status"] = new JsonObject { ["phase"] = "Terminating" } }, Name, End).ConfigureAwait(false);
        (IReadOnlyList<ServedResource> types, IReadOnlyList<string> unknown) = await ServedResource.DiscoverAsync(Api, End).ConfigureAwait(false);
        var left = new Dictionary<string, int>(StringComparer.Ordinal);
        var held = new Dictionary<string, int>(StringComparer.Ordinal);
        var failures = new List<string>();
        foreach (ServedResource type in ServedResource.Preferred(types).Where(type => type.Namespaced))
            await EmptyAsync(type, key, left, held, failures).ConfigureAwait(false);
        await ConditionsAsync(ns, unknown, left, held, failures).ConfigureAwait(false);
        if (left.Count > 0 || unknown.Count > 0 || failures.Count > 0)
        {
            int round;
            lock (_rounds)
                _rounds[key] = round = _rounds.GetValueOrDefault(key) + 1;
            Queue.AddAfter(key, round < 50 ? Again : MuchLater, End);
            return;
        }
        JsonObject ended = ns.DeepClone().AsObject();
        ended["spec"]!["finalizers"] = new JsonArray([.. Json.Texts(ns, "spec", "finalizers").Where(name => name != Finalizer).Select(name => (JsonNode)name)]);
        ended["metadata"]!.AsObject().Remove("resourceVersion");
        await Api.PutAsync($"{Path}/{key}/finalize", ended, Name, End).ConfigureAwait(false);
    }

    private async Task EmptyAsync(ServedResource type, string ns, Dictionary<string, int> left, Dictionary<string, int> held, List<string> failures)
    {
        string collection = Meta.Collection(type.Path, ns);
        string name = type.ApiVersion.Contains('/', StringComparison.Ordinal) ? $"{type.Plural}.{type.ApiVersion.Split('/')[0]}" : $"{type.Plural}.";
        try
        {
            IReadOnlyList<JsonObject> items = await Api.ListAsync(collection, End).ConfigureAwait(false);
            if (items.Count == 0)
                return;
            if (items.Any(item => !Meta.IsDeleting(item)))
            {
                if (type.Verbs.Contains("deletecollection"))
                    await Api.DeleteAsync(collection, cancel: End).ConfigureAwait(false);
                else
                {
                    foreach (JsonObject item in items.Where(item => !Meta.IsDeleting(item)))
                        await Api.DeleteAsync($"{collection}/{Meta.Name(item)}", cancel: End).ConfigureAwait(false);
                }
                items = await Api.ListAsync(collection, End).ConfigureAwait(false);
            }
            if (items.Count > 0)
                left[name] = items.Count;
            foreach (string finalizer in items.SelectMany(Meta.Finalizers))
                held[finalizer] = held.GetValueOrDefault(finalizer) + 1;
        }
        catch (ClusterApiException e) when (e.Status != HttpStatusCode.NotFound)
        {
            failures.Add(e.Message);
        }
    }

    private async Task ConditionsAsync(JsonObject ns, IReadOnlyList<string> unknown, Dictionary<string, int> left, Dictionary<string, int> held, List<string> failures)
    {
        (string Type, bool Bad, string Reason, string Message)[] all =
        [
            ("NamespaceDeletionDiscoveryFailure", unknown.Count > 0, unknown.Count > 0 ? "DiscoveryFailed" : "ResourcesDiscovered",
                unknown.Count > 0
                    ? $"Discovery failed for some groups, {unknown.Count} failing: unable to retrieve the complete list of server APIs: {string.Join(", ", unknown.Select(group => $"{group}: the server is currently unable to handle the request"))}"
                    : "All resources successfully discovered"),
            ("NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            ("NamespaceDeletionContentFailure", failures.Count > 0, failures.Count > 0 ? "ContentDeletionFailed" : "ContentDeleted",
                failures.Count > 0
                    ? $"Failed to delete all resource types, {failures.Count} remaining: {string.Join(", ", failures.Distinct().Order(StringComparer.Ordinal))}"
                    : "All content successfully deleted, may be waiting on finalization"),
            ("NamespaceContentRemaining", left.Count > 0, left.Count > 0 ? "SomeResourcesRemain" : "ContentRemoved",
                left.Count > 0
                    ? $"Some resources are remaining: {string.Join(", ", left.OrderBy(type => type.Key, StringComparer.Ordinal).Select(type => $"{type.Key} has {type.Value} resource instances"))}"
                    : "All content successfully removed"),
            ("NamespaceFinalizersRemaining", held.Count > 0, held.Count > 0 ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
                held.Count > 0
                    ? $"Some content in the namespace has finalizers remaining: {string.Join(", ", held.OrderBy(name => name.Key, StringComparer.Ordinal).Select(name => $"{name.Key} in {name.Value} resource instances"))}"
                    : "All content-preserving finalizers finished"),
        ];
        var conditions = new JsonArray();
        foreach ((string type, bool bad, string reason, string message) in all)
        {
            JsonObject? before = Meta.Condition(ns, type);
            string status = bad ? "True" : "False";
            conditions.Add(new JsonObject
            {
                ["type"] = type,
                ["status"] = status,
                ["lastTransitionTime"] = before is not null && Json.Text(before, "status") == status ? before["lastTransitionTime"]!.DeepClone() : Json.Now(),
                ["reason"] = reason,
                ["message"] = message,
            });
        }
        if (!JsonNode.DeepEquals(Json.At(ns, "status", "conditions"), conditions))
            await Api.PatchAsync($"{Path}/{Meta.Name(ns)}/status", new JsonObject { ["status"] = new JsonObject { ["conditions"] = conditions } }, Name, End).ConfigureAwait(false);
    }
}
