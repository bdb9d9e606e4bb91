using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>
/// What lists and watches must not ask for (<c>apimachinery/pkg/apis/meta/internalversion/validation</c>). Clients of today begin with a watch that
/// sends what there is; only this refusal makes them list and watch as they did before.
/// </summary>
internal static class ListOptions
{
    private const string Field = "resourceVersionMatch";

    /// <summary>Refuses what does not fit together.</summary>
    /// <param name="query">The query's parameters.</param>
    /// <param name="isWatch">Whether it is a watch.</param>
    /// <exception cref="ApiException">422.</exception>
    public static void Check(HttpQuery query, bool isWatch)
    {
        if (query[Field] is not { Length: > 0 } match)
            return;
        string version = query["resourceVersion"] ?? "";
        var errors = new List<FieldError>();
        if (isWatch)
            errors.Add(FieldError.Forbidden(Field, "resourceVersionMatch is forbidden for watch"));
        if (version.Length == 0)
            errors.Add(FieldError.Forbidden(Field, "resourceVersionMatch is forbidden unless resourceVersion is provided"));
        if (query["continue"] is { Length: > 0 })
            errors.Add(FieldError.Forbidden(Field, "resourceVersionMatch is forbidden when continue is provided"));
        if (match is not ("Exact" or "NotOlderThan"))
            errors.Add(FieldError.NotSupported(Field, JsonValue.Create(match), "Exact", "NotOlderThan", ""));
        if (match == "Exact" && version == "0")
            errors.Add(FieldError.Forbidden(Field, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""));
        if (errors.Count > 0)
            throw ApiErrors.Invalid("meta.k8s.io", "ListOptions", "", errors);
    }
}
