using System.Text.Json.Nodes;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.Changes;

namespace IstioAdmin.Core.Samples;

/// <summary>
/// Bookinfo's objects. Names, labels, ports and selectors are those of Istio's own sample, so that its tutorials, routing rules and
/// dashboards work on this installation as well.
/// </summary>
internal static class BookinfoManifests
{
    public const string Sample = "bookinfo";
    public const string ProductPage = "productpage";
    public const string GatewayName = "bookinfo-gateway";
    public const string VirtualServiceName = "bookinfo";

    private const int Port = 9080;

    private static readonly (string App, string[] Versions)[] Apps =
    [
        ("details", ["v1"]),
        ("ratings", ["v1"]),
        ("reviews", ["v1", "v2", "v3"]),
        (ProductPage, ["v1"]),
    ];

    /// <summary>Selects Bookinfo's pods. They carry no label of ours: on an installation that is taken over it would restart every one of them.</summary>
    public static string PodSelector { get; } = $"app in ({string.Join(",", Apps.Select(app => app.App))})";

    /// <summary>What a visitor may ask of the product page through the gateway.</summary>
    private static readonly (string Match, string Path)[] Routes =
    [
        ("exact", "/productpage"),
        ("prefix", "/static"),
        ("exact", "/login"),
        ("exact", "/logout"),
        ("prefix", "/api/v1/products"),
    ];

    /// <summary>Service accounts, services and deployments, in the order in which they are to be created.</summary>
    public static IEnumerable<ObjectManifest> Workloads(string ns, BookinfoRelease release, string imagePrefix) =>
    [
        .. Apps.Select(app => ServiceAccount(ns, app.App)),
        .. Apps.Select(app => Service(ns, app.App)),
        .. Apps.SelectMany(app => app.Versions.Select(version => Deployment(ns, app.App, version, release, imagePrefix))),
    ];

    /// <summary>The way in through Istio's ingress gateway.</summary>
    public static IEnumerable<ObjectManifest> Ingress(string ns, KubeResource gateways, KubeResource virtualServices) =>
        [Gateway(ns, gateways), VirtualService(ns, virtualServices)];

    private static ObjectManifest ServiceAccount(string ns, string app) =>
        Make(KubeResource.ServiceAccounts, ns, $"bookinfo-{app}", new JsonObject { ["account"] = app });

    private static ObjectManifest Service(string ns, string app) =>
        Make(KubeResource.Services, ns, app, new JsonObject { ["app"] = app, ["service"] = app }, ("spec", new JsonObject
        {
            // The name tells Istio the protocol.
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "http", ["port"] = Port, ["protocol"] = "TCP" }),
            ["selector"] = new JsonObject { ["app"] = app },
        }));

    private static ObjectManifest Deployment(string ns, string app, string version, BookinfoRelease release, string imagePrefix)
    {
        var template = new JsonObject { ["labels"] = AppLabels(app, version) };
        if (app == ProductPage && release.Metrics)
        {
            template["annotations"] = new JsonObject
            {
                ["prometheus.io/scrape"] = "true",
                ["prometheus.io/port"] = $"{Port}",
                ["prometheus.io/path"] = "/metrics",
            };
        }
        var pod = new JsonObject { ["serviceAccountName"] = $"bookinfo-{app}" };
        var container = new JsonObject
        {
            ["name"] = app,
            ["image"] = $"{imagePrefix}/examples-bookinfo-{app}-{version}:{release.Version}",
            ["imagePullPolicy"] = "IfNotPresent",
            ["ports"] = new JsonArray(new JsonObject { ["containerPort"] = Port, ["protocol"] = "TCP" }),
        };
        if (release.RunAsUser is { } user)
            container["securityContext"] = new JsonObject { ["runAsUser"] = user };
        if (release.ScratchVolumes)
            AddScratchVolumes(app, pod, container);
        pod["containers"] = new JsonArray(container);

        JsonObject labels = AppLabels(app, version);
        labels[ObjectOwner.Version] = release.Version;
        // No replica count: the server's default is 1, and whoever scales a deployment afterwards does not get into our way, nor we into theirs.
        return Make(KubeResource.Deployments, ns, $"{app}-{version}", labels, ("spec", new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = AppLabels(app, version) },
            ["template"] = new JsonObject { ["metadata"] = template, ["spec"] = pod },
        }));
    }

    private static ObjectManifest Make(KubeResource resource, string ns, string name, JsonObject labels, params (string Field, JsonNode Value)[] content)
    {
        ObjectOwner.Mark(labels, Sample);
        return ObjectManifest.Create(resource, ns, name, labels, content);
    }

    private static JsonObject AppLabels(string app, string version) => new() { ["app"] = app, ["version"] = version };

    private static void AddScratchVolumes(string app, JsonObject pod, JsonObject container)
    {
        switch (app)
        {
            case ProductPage:
                Mount(pod, container, ("tmp", "/tmp"));
                break;
            case "reviews":
                // Liberty writes its logs and its work area.
                container["env"] = new JsonArray(new JsonObject { ["name"] = "LOG_DIR", ["value"] = "/tmp/logs" });
                Mount(pod, container, ("tmp", "/tmp"), ("wlp-output", "/opt/ibm/wlp/output"));
                break;
        }
    }

    private static void Mount(JsonObject pod, JsonObject container, params (string Volume, string Path)[] mounts)
    {
        pod["volumes"] = Array(mounts, mount => new JsonObject { ["name"] = mount.Volume, ["emptyDir"] = new JsonObject() });
        container["volumeMounts"] = Array(mounts, mount => new JsonObject { ["name"] = mount.Volume, ["mountPath"] = mount.Path });
    }

    private static ObjectManifest Gateway(string ns, KubeResource gateways) =>
        Make(gateways, ns, GatewayName, [], ("spec", new JsonObject
        {
            ["selector"] = new JsonObject { ["istio"] = "ingressgateway" },
            ["servers"] = new JsonArray(new JsonObject
            {
                // The port of the ingress gateway's Service. Up to Istio 1.5 its pods listen on the same one; from 1.6 on, when they moved to 8080,
                // Pilot translates (pilot/pkg/model/gateway.go, resolvePorts).
                ["port"] = new JsonObject { ["number"] = 80, ["name"] = "http", ["protocol"] = "HTTP" },
                ["hosts"] = new JsonArray("*"),
            }),
        }));

    private static ObjectManifest VirtualService(string ns, KubeResource virtualServices) =>
        Make(virtualServices, ns, VirtualServiceName, [], ("spec", new JsonObject
        {
            ["hosts"] = new JsonArray("*"),
            ["gateways"] = new JsonArray(GatewayName),
            ["http"] = new JsonArray(new JsonObject
            {
                ["match"] = Array(Routes, route => new JsonObject { ["uri"] = new JsonObject { [route.Match] = route.Path } }),
                ["route"] = new JsonArray(new JsonObject
                {
                    ["destination"] = new JsonObject { ["host"] = ProductPage, ["port"] = new JsonObject { ["number"] = Port } },
                }),
            }),
        }));

    private static JsonArray Array<T>(IEnumerable<T> source, Func<T, JsonNode> element) => new([.. source.Select(element)]);
}
