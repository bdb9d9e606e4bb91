using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of services.</summary>
internal static class ServiceRules
{
    /// <summary>Checks a service.</summary>
    public static void Check(JsonObject item, List<FieldError> errors)
    {
        JsonObject spec = item["spec"] as JsonObject ?? [];
        string? type = spec.TextAt("type");
        JsonArray ports = spec["ports"] as JsonArray ?? [];
        bool isHeadless = spec.TextAt("clusterIP") == "None";
        if (ports.Count == 0 && !isHeadless && type != "ExternalName")
            errors.Add(FieldError.Required("spec.ports"));
        if (type is "NodePort" or "LoadBalancer" && isHeadless)
            errors.Add(FieldError.InvalidShown("spec.clusterIPs[0]", "[]string{\"None\"}", $"may not be set to 'None' for {type} services"));
        if (type == "ExternalName" && spec.TextAt("externalName") is null)
            errors.Add(FieldError.Required("spec.externalName"));
        HashSet<string> names = [], numbers = [];
        for (int at = 0; at < ports.Count; at++)
        {
            string here = $"spec.ports[{at}]", protocol = ports[at].TextAt("protocol") ?? "TCP";
            string? name = ports[at].TextAt("name");
            if (name is null)
            {
                if (ports.Count > 1)
                    errors.Add(FieldError.Required(here + ".name"));
            }
            else
            {
                foreach (string problem in NameRules.Label(name))
                    errors.Add(FieldError.Invalid(here + ".name", name, problem));
                if (!names.Add(name))
                    errors.Add(FieldError.Duplicate(here + ".name", name));
            }
            long number = ports[at]?["port"].Whole() ?? 0;
            if (number is < 1 or > 65535)
                errors.Add(FieldError.Invalid(here + ".port", number, "must be between 1 and 65535, inclusive"));
            if (protocol is not ("TCP" or "UDP" or "SCTP"))
                errors.Add(FieldError.NotSupported(here + ".protocol", protocol, "SCTP", "TCP", "UDP"));
            JsonNode? target = ports[at]?["targetPort"];
            if (target.Whole() is { } targetNumber)
            {
                if (targetNumber is < 1 or > 65535)
                    errors.Add(FieldError.Invalid(here + ".targetPort", targetNumber, "must be between 1 and 65535, inclusive"));
            }
            else if (target.Text() is { } targetName)
            {
                foreach (string problem in NameRules.PortName(targetName))
                    errors.Add(FieldError.Invalid(here + ".targetPort", targetName, problem));
            }
            if (!numbers.Add($"{protocol}:{number}"))
                errors.Add(FieldError.InvalidShown(here, GoForm.Port(ports[at]), "duplicate"));
        }
        if (type == "LoadBalancer" && ports.Select(port => port.TextAt("protocol")).Distinct().Count() > 1)
            errors.Add(FieldError.InvalidShown("spec.ports", GoForm.Ports(ports), "may not contain more than 1 protocol when type is 'LoadBalancer'"));
        foreach ((string key, JsonNode? value) in spec["selector"] as JsonObject ?? [])
            MetadataRules.Label(key, value?.ToString() ?? "", "spec.selector", errors);
        PodRules.Choice(spec, "sessionAffinity", "spec", errors, "ClientIP", "None");
        PodRules.Choice(spec, "type", "spec", errors, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort");
    }
}
