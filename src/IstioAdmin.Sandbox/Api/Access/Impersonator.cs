using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>Lets users act as others where they may (<c>apiserver/pkg/endpoints/filters/impersonation.go</c>).</summary>
/// <param name="authorizer">Says who may.</param>
internal sealed class Impersonator(IAuthorizer authorizer)
{
    private const string UserHeader = "Impersonate-User";
    private const string GroupHeader = "Impersonate-Group";
    private const string ExtraPrefix = "Impersonate-Extra-";

    /// <summary>As whom a user acts.</summary>
    /// <exception cref="ApiException">403: the user may not; 500: the headers do not fit together.</exception>
    public ApiUser Impersonate(ApiUser user, HttpExchange exchange)
    {
        IReadOnlyDictionary<string, string> headers = exchange.Headers;
        string? name = headers.GetValueOrDefault(UserHeader) is { Length: > 0 } given ? given : null;
        string[] groups = headers.TryGetValue(GroupHeader, out string? list) ? list.Split(',', StringSplitOptions.TrimEntries) : [];
        List<(string Key, string Value)> extras = [.. headers.Where(header => header.Key.StartsWith(ExtraPrefix, StringComparison.OrdinalIgnoreCase))
            .Select(header => (Uri.UnescapeDataString(header.Key[ExtraPrefix.Length..]).ToLowerInvariant(), header.Value))];
        if (name is null)
        {
            if (groups.Length == 0 && extras.Count == 0)
                return user;
            string asked = $"requested [{string.Join(' ', groups.Select(group => $"{{Group  {group} rbac.authorization.k8s.io  }}"))}] without impersonating a user";
            throw new ApiException(500, "InternalError", $"Internal error occurred: {asked}");
        }

        string[] account = name.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? name.Split(':') : [];
        bool isAccount = account.Length == 4 && account[2].Length > 0 && account[3].Length > 0;
        Require(user, isAccount
            ? new RequestAttributes { Verb = "impersonate", Version = "v1", Resource = "serviceaccounts", Namespace = account[2], Name = account[3] }
            : new RequestAttributes { Verb = "impersonate", Resource = "users", Name = name });
        foreach (string group in groups)
            Require(user, new RequestAttributes { Verb = "impersonate", Resource = "groups", Name = group });
        foreach ((string key, string value) in extras)
        {
            Require(user, new RequestAttributes
            {
                Verb = "impersonate",
                Group = "authentication.k8s.io",
                Version = "v1",
                Resource = "userextras",
                Subresource = key,
                Name = value,
            });
        }

        if (isAccount && groups.Length == 0)
            groups = ServiceAccountTokens.Groups(account[2]);
        if (name == ApiUser.AnonymousName)
            return new ApiUser(name, "", groups.Contains(ApiUser.Unauthenticated) ? groups : [.. groups, ApiUser.Unauthenticated]);
        bool isSaid = groups.Contains(ApiUser.Authenticated) || groups.Contains(ApiUser.Unauthenticated);
        return new ApiUser(name, "", isSaid ? groups : [.. groups, ApiUser.Authenticated]);
    }

    private void Require(ApiUser user, RequestAttributes what)
    {
        if (!authorizer.Authorize(user, what, out string reason))
            throw Refusals.Forbidden(user, what, reason);
    }
}
