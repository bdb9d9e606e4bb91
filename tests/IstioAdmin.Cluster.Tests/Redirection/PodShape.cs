using System.Text.Json.Nodes;
using IstioAdmin.Iptables.Redirection;

namespace IstioAdmin.Cluster.Tests.Redirection;

/// <summary>
/// A pod as Bookinfo's reviews looks after injection: an application that listens on many ports, and the proxy's stand-in. What its
/// annotations, variables and arguments ask for is in <see cref="Settings"/> once more, worked out by hand from upstream's code: these are the
/// rules that the node's CNI plugin (or istio-init, where it has one) writes before its containers start.
/// </summary>
internal sealed record PodShape(string Name)
{
    /// <summary>The user id of the application, unless it is another's.</summary>
    public const uint AppUser = 1000;

    /// <summary>What the application listens on.</summary>
    public static IReadOnlyList<int> AppPorts { get; } = [22, 80, 443, 2222, 3306, 8080, 9080, 9090];

    /// <summary>What the proxy's stand-in answers at with its name (tests/testbed/make-images.sh).</summary>
    public static IReadOnlyList<int> ProxyPorts { get; } = [15001, 15006, 15008, 15053, 15090];

    /// <summary>Ports that the application's container declares.</summary>
    public IReadOnlyList<int> Declared { get; init; } = [9080];

    /// <summary>Annotations besides the injector's status.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Environment variables of the proxy, and of istio-init where there is one.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Arguments of istio-init; null for a pod whose rules are the CNI plugin's.</summary>
    public IReadOnlyList<string>? InitArguments { get; init; }

    /// <summary>The user id in the application's security context; null for none.</summary>
    public uint? AppRunsAs { get; init; }

    /// <summary>The rules that belong to it; null for a pod that gets none.</summary>
    public PodRedirectionSettings? Settings { get; init; }

    /// <summary>Where packets end when all is as it should be.</summary>
    public IReadOnlyList<Sent> Traffic { get; init; } = [];

    private bool IsFirstGeneration => Settings?.Generation == RedirectionGeneration.FirstGeneration;

    private bool IsTproxy => Settings?.Mode == InterceptionMode.Tproxy;

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The pod as the API takes it.</summary>
    public JsonObject Manifest()
    {
        string image = IsFirstGeneration ? "docker.io/istio/proxyv2:1.1.14" : "docker.io/istio/proxyv2:1.24.0";
        string[] initContainers = InitArguments is not null ? ["istio-init"] : IsFirstGeneration ? [] : ["istio-validation"];
        var status = new JsonObject { ["initContainers"] = Strings(initContainers), ["containers"] = Strings(["istio-proxy"]), ["volumes"] = new JsonArray() };
        var annotations = new JsonObject { ["sidecar.istio.io/status"] = status.ToJsonString() };
        foreach ((string name, string value) in Annotations)
            annotations[name] = value;
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = Name, ["labels"] = new JsonObject { ["app"] = "reviews", ["version"] = "v1" }, ["annotations"] = annotations },
            ["spec"] = new JsonObject
            {
                ["terminationGracePeriodSeconds"] = 1,
                ["automountServiceAccountToken"] = false,
                ["initContainers"] = new JsonArray([.. initContainers.Select(name => Init(name))]),
                ["containers"] = new JsonArray(App(), Proxy(image)),
            },
        };
    }

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private JsonArray Environment() => new([.. Variables.Select(pair => new JsonObject { ["name"] = pair.Key, ["value"] = pair.Value })]);

    private JsonObject Init(string name) => new()
    {
        ["name"] = name,
        ["image"] = IsFirstGeneration ? "docker.io/istio/proxy_init:1.1.14" : "docker.io/istio/proxyv2:1.24.0",
        ["args"] = Strings(InitArguments ?? ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "--run-validation", "--skip-rule-apply"]),
        ["env"] = Environment(),
    };

    private JsonObject App()
    {
        // Ports below 1024 are root's: it gives up being root once it listens.
        string[] user = AppRunsAs is null ? ["uid", $"{AppUser}"] : [];
        IEnumerable<string> ports = AppPorts.Where(port => AppRunsAs is null || port >= 1024).Select(port => $"{port}");
        var app = new JsonObject
        {
            ["name"] = "reviews",
            ["image"] = "registry.local/endpoint:1",
            ["args"] = Strings(["serve", "app", .. user, .. ports]),
            ["ports"] = new JsonArray([.. Declared.Select(port => new JsonObject { ["containerPort"] = port })]),
        };
        if (AppRunsAs is { } id)
            app["securityContext"] = new JsonObject { ["runAsUser"] = id, ["runAsGroup"] = id };
        return app;
    }

    /// <summary>For TPROXY the injector gives the proxy root's user id and NET_ADMIN; its group still tells its packets.</summary>
    private JsonObject Proxy(string image) => new()
    {
        ["name"] = "istio-proxy",
        ["image"] = image,
        ["args"] = Strings(["proxy", "sidecar", "--serviceCluster", "reviews"]),
        ["env"] = Environment(),
        ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = 15090, ["name"] = "http-envoy-prom" }),
        ["securityContext"] = IsTproxy
            ? new JsonObject { ["runAsUser"] = 0, ["runAsGroup"] = 1337, ["capabilities"] = new JsonObject { ["add"] = Strings(["NET_ADMIN"]) } }
            : new JsonObject { ["runAsUser"] = 1337, ["runAsGroup"] = 1337 },
        ["readinessProbe"] = new JsonObject
        {
            ["httpGet"] = new JsonObject { ["path"] = "/healthz/ready", ["port"] = IsFirstGeneration ? 15020 : 15021 },
            ["periodSeconds"] = 1,
        },
    };
}
