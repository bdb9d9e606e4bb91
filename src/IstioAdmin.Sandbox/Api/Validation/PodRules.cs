using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Resources;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of pods (<c>kubernetes/pkg/apis/core/validation/validation.go</c>).</summary>
internal static partial class PodRules
{
    private static readonly string[] Protocols = ["SCTP", "TCP", "UDP"];

    /// <summary>Checks a pod's spec.</summary>
    public static void Spec(JsonObject spec, string path, List<FieldError> errors)
    {
        HashSet<string> volumes = Volumes(spec["volumes"] as JsonArray ?? [], path + ".volumes", errors);
        HashSet<string> names = [];
        if (spec["containers"] is not JsonArray { Count: > 0 } containers)
            errors.Add(FieldError.Required(path + ".containers"));
        else
            Containers(containers, path + ".containers", names, volumes, errors);
        Containers(spec["initContainers"] as JsonArray ?? [], path + ".initContainers", names, volumes, errors);
        Choice(spec, "restartPolicy", path, errors, "Always", "OnFailure", "Never");
        Choice(spec, "dnsPolicy", path, errors, "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
        foreach ((string key, JsonNode? value) in spec["nodeSelector"] as JsonObject ?? [])
            MetadataRules.Label(key, value?.ToString() ?? "", path + ".nodeSelector", errors);
        Name(spec, "serviceAccountName", path, errors, NameRules.Subdomain);
        Name(spec, "nodeName", path, errors, NameRules.Subdomain);
        Name(spec, "hostname", path, errors, NameRules.Label);
        Name(spec, "subdomain", path, errors, NameRules.Label);
    }

    /// <summary>Checks a value that must be one of a few.</summary>
    public static void Choice(JsonObject item, string field, string path, List<FieldError> errors, params string[] choices)
    {
        if (item.TextAt(field) is { } value && !choices.Contains(value))
            errors.Add(FieldError.NotSupported($"{path}.{field}", value, choices));
    }

    private static void Name(JsonObject item, string field, string path, List<FieldError> errors, Func<string, IEnumerable<string>> rule)
    {
        if (item.TextAt(field) is not { } name)
            return;
        foreach (string problem in rule(name))
            errors.Add(FieldError.Invalid($"{path}.{field}", name, problem));
    }

    private static HashSet<string> Volumes(JsonArray volumes, string path, List<FieldError> errors)
    {
        HashSet<string> names = [];
        for (int at = 0; at < volumes.Count; at++)
        {
            string? name = volumes[at].TextAt("name");
            if (name is null)
                errors.Add(FieldError.Required($"{path}[{at}].name"));
            else if (NameRules.Label(name).FirstOrDefault() is { } problem)
                errors.Add(FieldError.Invalid($"{path}[{at}].name", name, problem));
            else if (!names.Add(name))
                errors.Add(FieldError.Duplicate($"{path}[{at}].name", name));
            if (volumes[at] is JsonObject { Count: > 2 } volume && volume.Skip(2).FirstOrDefault(field => field.Key != "name").Key is { } second)
                errors.Add(FieldError.Forbidden($"{path}[{at}].{second}", "may not specify more than 1 volume type"));
        }
        return names;
    }

    private static void Containers(JsonArray containers, string path, HashSet<string> names, HashSet<string> volumes, List<FieldError> errors)
    {
        for (int at = 0; at < containers.Count; at++)
        {
            JsonObject container = containers[at] as JsonObject ?? [];
            string here = $"{path}[{at}]";
            string? name = container.TextAt("name");
            if (name is null)
            {
                errors.Add(FieldError.Required(here + ".name"));
            }
            else
            {
                foreach (string problem in NameRules.Label(name))
                    errors.Add(FieldError.Invalid(here + ".name", name, problem));
                if (!names.Add(name))
                    errors.Add(FieldError.Duplicate(here + ".name", name));
            }
            if (container.TextAt("image") is null)
                errors.Add(FieldError.Required(here + ".image"));
            Ports(container["ports"] as JsonArray ?? [], here + ".ports", errors);
            Environment(container["env"] as JsonArray ?? [], here + ".env", errors);
            Mounts(container["volumeMounts"] as JsonArray ?? [], here + ".volumeMounts", volumes, errors);
            Choice(container, "imagePullPolicy", here, errors, "Always", "IfNotPresent", "Never");
            Choice(container, "terminationMessagePolicy", here, errors, "File", "FallbackToLogsOnError");
            Resources(container["resources"] as JsonObject ?? [], here + ".resources", errors);
        }
    }

    private static void Ports(JsonArray ports, string path, List<FieldError> errors)
    {
        HashSet<string> names = [];
        for (int at = 0; at < ports.Count; at++)
        {
            string here = $"{path}[{at}]";
            if (ports[at].TextAt("name") is { } name)
            {
                foreach (string problem in NameRules.PortName(name))
                    errors.Add(FieldError.Invalid(here + ".name", name, problem));
                if (!names.Add(name))
                    errors.Add(FieldError.Duplicate(here + ".name", name));
            }
            long number = ports[at]?["containerPort"].Whole() ?? 0;
            if (number == 0)
                errors.Add(FieldError.Required(here + ".containerPort"));
            else if (number is < 1 or > 65535)
                errors.Add(FieldError.Invalid(here + ".containerPort", number, "must be between 1 and 65535, inclusive"));
            if (ports[at]?["hostPort"].Whole() is { } host and (< 0 or > 65535))
                errors.Add(FieldError.Invalid(here + ".hostPort", host, "must be between 1 and 65535, inclusive"));
            if (ports[at].TextAt("protocol") is { } protocol && !Protocols.Contains(protocol))
                errors.Add(FieldError.NotSupported(here + ".protocol", protocol, Protocols));
        }
    }

    private static void Environment(JsonArray variables, string path, List<FieldError> errors)
    {
        for (int at = 0; at < variables.Count; at++)
        {
            string? name = variables[at].TextAt("name");
            if (name is null)
                errors.Add(FieldError.Required($"{path}[{at}].name"));
            else if (!VariablePattern().IsMatch(name))
                errors.Add(FieldError.Invalid($"{path}[{at}].name", name, "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"));
            if (variables[at].TextAt("value") is not null && variables[at]?["valueFrom"] is not null)
                errors.Add(FieldError.InvalidShown($"{path}[{at}].valueFrom", "\"\"", "may not be specified when `value` is not empty"));
        }
    }

    private static void Mounts(JsonArray mounts, string path, HashSet<string> volumes, List<FieldError> errors)
    {
        HashSet<string> paths = [];
        for (int at = 0; at < mounts.Count; at++)
        {
            string? name = mounts[at].TextAt("name"), where = mounts[at].TextAt("mountPath");
            if (name is null)
                errors.Add(FieldError.Required($"{path}[{at}].name"));
            if (name is null || !volumes.Contains(name))
                errors.Add(FieldError.NotFound($"{path}[{at}].name", name ?? ""));
            if (where is null)
                errors.Add(FieldError.Required($"{path}[{at}].mountPath"));
            else if (!paths.Add(where))
                errors.Add(FieldError.Invalid($"{path}[{at}].mountPath", where, "must be unique"));
        }
    }

    private static void Resources(JsonObject resources, string path, List<FieldError> errors)
    {
        var limits = resources["limits"] as JsonObject;
        foreach ((string resource, JsonNode? amount) in resources["requests"] as JsonObject ?? [])
        {
            if (limits?[resource].Text() is { } limit && Quantity.TryParse(limit, out Quantity most) && Quantity.TryParse(amount?.ToString() ?? "", out Quantity asked) && asked.Nanos > most.Nanos)
                errors.Add(FieldError.Invalid($"{path}.requests", asked.ToString(), $"must be less than or equal to {resource} limit"));
        }
    }

    [GeneratedRegex(@"^[-._a-zA-Z][-._a-zA-Z0-9]*\z")]
    private static partial Regex VariablePattern();
}
