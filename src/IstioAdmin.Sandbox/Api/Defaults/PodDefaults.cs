using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Defaults.Setting;

namespace IstioAdmin.Sandbox.Api.Defaults;

/// <summary>Defaults of pods and of templates of pods.</summary>
internal static class PodDefaults
{
    // 0644, as JSON has it.
    private const int FileMode = 420;

    /// <summary>Fills in what a pod leaves out.</summary>
    public static void Pod(JsonObject pod) => Inside(pod, "spec", spec =>
    {
        Set(spec, "enableServiceLinks", true);
        Containers(spec, container => Inside(container, "resources", resources =>
        {
            // Who limits without asking asks for the limit.
            foreach ((string resource, JsonNode? amount) in resources["limits"] as JsonObject ?? [])
            {
                JsonObject requests = Object(resources, "requests");
                requests.TryAdd(resource, amount?.DeepClone());
            }
        }));
        Spec(spec);
    });

    /// <summary>Fills in what a template leaves out.</summary>
    public static void Template(JsonObject? template) => Inside(template, "spec", Spec);

    private static void Containers(JsonObject spec, Action<JsonObject> action)
    {
        Each(spec["initContainers"], action);
        Each(spec["containers"], action);
    }

    private static void Spec(JsonObject spec)
    {
        Set(spec, "dnsPolicy", "ClusterFirst");
        Set(spec, "restartPolicy", "Always");
        Set(spec, "securityContext", new JsonObject());
        Set(spec, "terminationGracePeriodSeconds", 30);
        Set(spec, "schedulerName", "default-scheduler");
        // The older name of the same.
        if (spec.TextAt("serviceAccountName") is { } account)
            spec["serviceAccount"] = account;
        else if (spec.TextAt("serviceAccount") is { } older)
            spec["serviceAccountName"] = older;
        bool hostNetwork = spec.FlagAt("hostNetwork") == true;
        Containers(spec, container =>
        {
            Container(container);
            if (hostNetwork)
            {
                Each(container["ports"], port =>
                {
                    if (port["containerPort"] is { } own && port["hostPort"] is null)
                        port["hostPort"] = own.DeepClone();
                });
            }
        });
        Each(spec["volumes"], Volume);
    }

    private static void Container(JsonObject container)
    {
        if (container.TextAt("imagePullPolicy") is null)
            container["imagePullPolicy"] = IsLatest(container.TextAt("image") ?? "") ? "Always" : "IfNotPresent";
        Set(container, "terminationMessagePath", "/dev/termination-log");
        Set(container, "terminationMessagePolicy", "File");
        Each(container["ports"], port => Set(port, "protocol", "TCP"));
        foreach (string probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            Inside(container, probe, inner =>
            {
                foreach ((string field, int value) in new[] { ("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3) })
                    Set(inner, field, value);
                Http(inner);
            });
        }
        Inside(container, "lifecycle", lifecycle =>
        {
            Inside(lifecycle, "postStart", Http);
            Inside(lifecycle, "preStop", Http);
        });
        Each(container["env"], variable => Inside(variable.At("valueFrom") as JsonObject, "fieldRef", field => Set(field, "apiVersion", "v1")));
    }

    private static void Http(JsonObject handler) => Inside(handler, "httpGet", get =>
    {
        Set(get, "path", "/");
        Set(get, "scheme", "HTTP");
    });

    // Without a tag and a digest it is the latest.
    private static bool IsLatest(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
            return false;
        string name = image[(image.LastIndexOf('/') + 1)..];
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || name[(colon + 1)..] == "latest";
    }

    private static void Volume(JsonObject volume)
    {
        if (volume.Count <= 1)
            volume["emptyDir"] = new JsonObject();
        foreach (string source in (string[])["secret", "configMap", "downwardAPI", "projected"])
            Inside(volume, source, inner => Set(inner, "defaultMode", FileMode));
        Inside(volume, "hostPath", path => Set(path, "type", ""));
        Each(volume.At("downwardAPI.items"), Item);
        Each(volume.At("projected.sources"), source =>
        {
            Each(source.At("downwardAPI.items"), Item);
            Inside(source, "serviceAccountToken", token => Set(token, "expirationSeconds", 3600));
        });

        static void Item(JsonObject item) => Inside(item, "fieldRef", field => Set(field, "apiVersion", "v1"));
    }
}
