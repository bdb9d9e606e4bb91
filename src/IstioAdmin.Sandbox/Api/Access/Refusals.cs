using System.Text.Json.Nodes;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>What those are told who may not (<c>apiserver/pkg/endpoints/handlers/responsewriters/errors.go</c>).</summary>
internal static class Refusals
{
    /// <summary>Nobody knows who asks.</summary>
    public static ApiException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    /// <summary>Someone may not do something.</summary>
    /// <param name="user">Who.</param>
    /// <param name="about">What.</param>
    /// <param name="reason">Why not; may be empty.</param>
    public static ApiException Forbidden(ApiUser user, RequestAttributes about, string reason)
    {
        string who = $"User {Go.Quote(user.Name)} cannot {about.Verb}";
        string suffix = reason.Length == 0 ? "" : $": {reason}";
        if (about.NonResourcePath is { } path)
            return new ApiException(403, "Forbidden", $"forbidden: {who} path {Go.Quote(path)}{suffix}", new JsonObject());
        string resource = about.Subresource.Length == 0 ? about.Resource : $"{about.Resource}/{about.Subresource}";
        string where = about.Namespace is { Length: > 0 } @namespace ? $"in the namespace {Go.Quote(@namespace)}" : "at the cluster scope";
        return Forbidden(about, $"{who} resource {Go.Quote(resource)} in API group {Go.Quote(about.Group)} {where}{suffix}");
    }

    /// <summary>Something must not be done.</summary>
    /// <param name="about">What.</param>
    /// <param name="why">Why not.</param>
    public static ApiException Forbidden(RequestAttributes about, string why)
    {
        string type = about.Group.Length == 0 ? about.Resource : $"{about.Resource}.{about.Group}";
        var details = new JsonObject();
        if (about.Name is { Length: > 0 } name)
            details["name"] = name;
        if (about.Group.Length > 0)
            details["group"] = about.Group;
        details["kind"] = about.Resource;
        string what = about.Name is { Length: > 0 } ? $"{type} {Go.Quote(about.Name)}" : type;
        return new ApiException(403, "Forbidden", $"{what} is forbidden: {why}", details);
    }
}
