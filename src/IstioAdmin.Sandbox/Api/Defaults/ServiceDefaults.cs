using System.Text.Json.Nodes;
using IstioAdmin.Core;
using static IstioAdmin.Sandbox.Api.Defaults.Setting;

namespace IstioAdmin.Sandbox.Api.Defaults;

/// <summary>Defaults of services.</summary>
internal static class ServiceDefaults
{
    /// <summary>Fills in what a service leaves out.</summary>
    public static void Service(JsonObject item) => Inside(item, "spec", spec =>
    {
        Set(spec, "sessionAffinity", "None");
        if (spec.TextAt("sessionAffinity") == "None")
            spec.Remove("sessionAffinityConfig");
        else if (spec.TextAt("sessionAffinity") == "ClientIP" && spec.At("sessionAffinityConfig.clientIP.timeoutSeconds") is null)
            spec["sessionAffinityConfig"] = new JsonObject { ["clientIP"] = new JsonObject { ["timeoutSeconds"] = 10800 } };
        Set(spec, "type", "ClusterIP");
        Each(spec["ports"], port =>
        {
            Set(port, "protocol", "TCP");
            if (port["targetPort"] is null || port["targetPort"]!.ToString() is "0" or "")
                port["targetPort"] = port["port"]?.DeepClone();
        });
        if (spec.TextAt("type") is "NodePort" or "LoadBalancer")
            Set(spec, "externalTrafficPolicy", "Cluster");
    });
}
