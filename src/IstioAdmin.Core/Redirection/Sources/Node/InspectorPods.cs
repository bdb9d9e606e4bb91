using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Applying;
using IstioAdmin.Core.Kube.Failures;
using IstioAdmin.Core.Kube.Listing;

namespace IstioAdmin.Core.Redirection.Sources.Node;

/// <summary>
/// Makes and removes inspector pods: short-lived, privileged, in the node's PID and network namespace. They need no network of their own, so they
/// start where the network is broken, and the node's network namespace can be told from a pod's by theirs.
/// </summary>
internal sealed class InspectorPods
{
    /// <summary>The label that tells an inspector pod, with <see cref="KubeApply.FieldManager"/> as who manages it.</summary>
    public const string Name = "istioadmin-inspector";

    /// <summary>Name of the only container.</summary>
    public const string Container = "inspector";

    private const string Selector = $"app.kubernetes.io/name={Name},app.kubernetes.io/managed-by={KubeApply.FieldManager}";

    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(10);

    private readonly KubeClient _client;
    private readonly IReporter _reporter;
    private readonly Refusals _refusals;
    private readonly TimeSpan _lifetime;
    private readonly Lazy<Task> _swept;

    /// <summary>Prepares.</summary>
    /// <param name="client">The client.</param>
    /// <param name="ns">Where the pods are made.</param>
    /// <param name="lifetime">After which a pod ends by itself, should nobody remove it.</param>
    /// <param name="refusals">What has been refused already.</param>
    /// <param name="reporter">Hears of what is left behind.</param>
    public InspectorPods(KubeClient client, string ns, TimeSpan lifetime, Refusals refusals, IReporter reporter)
    {
        _client = client;
        Namespace = ns;
        _lifetime = lifetime;
        _refusals = refusals;
        _reporter = reporter;
        _swept = new(SweepAsync);
    }

    /// <summary>Where the pods are made.</summary>
    public string Namespace { get; }

    /// <summary>What an inspector pod takes, each as a phrase.</summary>
    public IReadOnlyList<string> Privileges =>
        [$"create, get and delete pods in {Namespace}", $"create and get pods/exec in {Namespace}", "a privileged pod with hostPID and hostNetwork"];

    /// <summary>A name that no other pod has.</summary>
    public static string NewName() => $"{Name}-{RandomNumberGenerator.GetHexString(10, lowercase: true)}";

    /// <summary>Makes a pod; it has yet to start.</summary>
    /// <exception cref="MeshException">It could not be made.</exception>
    public async Task CreateAsync(string name, string node, string image, CancellationToken cancel)
    {
        await _swept.Value.WaitAsync(cancel).ConfigureAwait(false);
        await _refusals.RememberAsync($"create {Namespace}", async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, KubeResource.Pods.Path(Namespace))
            {
                Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(Manifest(name, node, image))) { Headers = { { "Content-Type", "application/json" } } },
            };
            using HttpResponseMessage response = await _client.SendAsync(request, KubeResource.Pods.Subject("create", Namespace), cancel).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>The pod as it is; null when it is gone.</summary>
    /// <exception cref="MeshException">It could not be asked for.</exception>
    public Task<JsonObject?> GetAsync(string name, CancellationToken cancel) =>
        _refusals.RememberAsync($"get {Namespace}", () => _client.GetAsync(KubeResource.Pods, Namespace, name, cancel));

    /// <summary>Removes a pod, also when everything else has been cancelled; says so when it cannot.</summary>
    public async Task RemoveAsync(string name)
    {
        using var timeout = new CancellationTokenSource(RemovalTimeout);
        try
        {
            await _client.DeleteAsync(KubeResource.Pods, Namespace, name, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MeshException or OperationCanceledException)
        {
            _reporter.Warn($"Inspector pod {Namespace}/{name} could not be removed; it ends by itself {_lifetime.TotalMinutes:0.#} minutes after its start, "
                + $"and the next reading removes it. {(e is MeshException known ? known.Advice : "")}".TrimEnd());
        }
    }

    /// <summary>Removes inspector pods that have ended: those of a client that was killed.</summary>
    private async Task SweepAsync()
    {
        using var timeout = new CancellationTokenSource(RemovalTimeout);
        try
        {
            var ended = new List<string>();
            await foreach (JsonObject pod in _client.ListObjectsAsync(KubeResource.Pods, new ListQuery(Namespace, Selector), timeout.Token).ConfigureAwait(false))
            {
                if ((string?)pod["status"]?["phase"] is "Succeeded" or "Failed")
                    ended.Add(pod.Metadata("name")!);
            }
            foreach (string name in ended)
            {
                _reporter.Detail($"Removing inspector pod {Namespace}/{name}, which an earlier reading left.");
                await _client.DeleteAsync(KubeResource.Pods, Namespace, name, timeout.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is MeshException or OperationCanceledException)
        {
            _reporter.Detail($"Whether an earlier reading left inspector pods in namespace {Namespace} could not be checked: {Excerpt.Of(e.Message)}");
        }
    }

    private JsonObject Manifest(string name, string node, string image)
    {
        int seconds = (int)Math.Ceiling(_lifetime.TotalSeconds);
        return new JsonObject
        {
            ["apiVersion"] = KubeResource.Pods.ApiVersion,
            ["kind"] = KubeResource.Pods.Kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject
                {
                    ["app.kubernetes.io/name"] = Name,
                    ["app.kubernetes.io/managed-by"] = KubeApply.FieldManager,
                    ["sidecar.istio.io/inject"] = "false",
                },
                ["annotations"] = new JsonObject { ["sidecar.istio.io/inject"] = "false" },
            },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = node,
                ["hostPID"] = true,
                ["hostNetwork"] = true,
                ["restartPolicy"] = "Never",
                ["activeDeadlineSeconds"] = seconds,
                // It has nothing to finish: deleted at once, it leaves nothing to wait for.
                ["terminationGracePeriodSeconds"] = 0,
                ["automountServiceAccountToken"] = false,
                ["enableServiceLinks"] = false,
                ["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" }),
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = Container,
                    ["image"] = image,
                    ["imagePullPolicy"] = "IfNotPresent",
                    ["command"] = new JsonArray("sh", "-c", $"exec sleep {seconds}"),
                    ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "10m", ["memory"] = "16Mi" } },
                    ["securityContext"] = new JsonObject { ["privileged"] = true, ["runAsUser"] = 0, ["runAsNonRoot"] = false, ["readOnlyRootFilesystem"] = true },
                }),
            },
        };
    }
}
