using System.Text.Json.Nodes;
using IstioAdmin.Core;

namespace IstioAdmin.Sandbox.Api.Validation;

/// <summary>Rules of webhook configurations (<c>kubernetes/pkg/apis/admissionregistration/validation</c>).</summary>
internal static class WebhookRules
{
    /// <summary>Checks a configuration.</summary>
    public static void Check(JsonObject item, List<FieldError> errors)
    {
        bool isV1 = item.TextAt("apiVersion")?.EndsWith("/v1", StringComparison.Ordinal) == true;
        HashSet<string> names = [];
        int at = 0;
        foreach (JsonObject webhook in (item["webhooks"] as JsonArray ?? []).OfType<JsonObject>())
        {
            string here = $"webhooks[{at++}]";
            if (webhook.TextAt("name") is not { } name)
            {
                errors.Add(FieldError.Required(here + ".name"));
            }
            else
            {
                foreach (string problem in NameRules.Subdomain(name))
                    errors.Add(FieldError.Invalid(here + ".name", name, problem));
                if (name.Split('.').Length < 3)
                    errors.Add(FieldError.Invalid(here + ".name", name, "should be a domain with at least three segments separated by dots"));
                if (isV1 && !names.Add(name))
                    errors.Add(FieldError.Duplicate(here + ".name", name));
            }
            string[] effects = isV1 ? ["None", "NoneOnDryRun"] : ["None", "NoneOnDryRun", "Some", "Unknown"];
            if (webhook.TextAt("sideEffects") is not { } effect)
                errors.Add(FieldError.Required(here + ".sideEffects", $"must specify one of {string.Join(", ", effects)}"));
            else if (!effects.Contains(effect))
                errors.Add(FieldError.NotSupported(here + ".sideEffects", effect, effects));
            if (webhook["timeoutSeconds"].Whole() is { } timeout && timeout is < 1 or > 30)
                errors.Add(FieldError.Invalid(here + ".timeoutSeconds", timeout, "the timeout value must be between 1 and 30 seconds"));
            bool service = webhook.At("clientConfig.service") is not null, url = webhook.TextAt("clientConfig.url") is not null;
            if (service == url)
                errors.Add(FieldError.Required(here + ".clientConfig", "exactly one of url or service is required"));
            if (webhook["admissionReviewVersions"] is not JsonArray { Count: > 0 })
                errors.Add(FieldError.Required(here + ".admissionReviewVersions", "must specify one of v1, v1beta1"));
        }
    }
}
