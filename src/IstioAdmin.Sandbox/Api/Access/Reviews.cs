using System.Globalization;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Access;

/// <summary>
/// Answers who may do what, who somebody is, and issues tokens: the resources that keep no objects (<c>authorization.k8s.io</c>,
/// <c>authentication.k8s.io</c>, <c>serviceaccounts/token</c>).
/// </summary>
internal sealed class Reviews(Authenticator authenticator, IAuthorizer authorizer, RuleResolver rules, ITokenIssuer tokens, IObjectReader objects)
{
    private const string Authorization = "authorization.k8s.io";
    private const string Authentication = "authentication.k8s.io";
    private const long ShortestLifetime = 600;
    private const long LongestLifetime = 1L << 32;

    /// <summary>Answers a request if it is one of these.</summary>
    /// <returns>Whether it was.</returns>
    /// <exception cref="ApiException">The request is not valid.</exception>
    public async Task<bool> TryHandleAsync(HttpExchange exchange, ApiUser user, RequestAttributes about)
    {
        Func<JsonObject, JsonNode>? answer = (about.Group, about.Resource, about.Subresource) switch
        {
            (Authorization, "selfsubjectaccessreviews", "") => spec => ReviewAccess(user, spec, isSelf: true, null),
            (Authorization, "subjectaccessreviews", "") => spec => ReviewAccess(user, spec, isSelf: false, null),
            (Authorization, "localsubjectaccessreviews", "") => spec => ReviewAccess(user, spec, isSelf: false, about.Namespace),
            (Authorization, "selfsubjectrulesreviews", "") => spec => ReviewRules(user, spec),
            (Authentication, "tokenreviews", "") => ReviewToken,
            ("", "serviceaccounts", "token") => spec => IssueToken(about, spec),
            _ => null,
        };
        if (answer is null || about.Version is not ("v1" or "v1beta1"))
            return false;
        if (about.Verb != "create")
            throw new ApiException(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", new JsonObject());

        JsonObject body = await RequestBody.ReadObjectAsync(exchange).ConfigureAwait(false) ?? [];
        (string kind, string apiVersion) = about.Resource switch
        {
            "selfsubjectaccessreviews" => ("SelfSubjectAccessReview", $"{Authorization}/{about.Version}"),
            "subjectaccessreviews" => ("SubjectAccessReview", $"{Authorization}/{about.Version}"),
            "localsubjectaccessreviews" => ("LocalSubjectAccessReview", $"{Authorization}/{about.Version}"),
            "selfsubjectrulesreviews" => ("SelfSubjectRulesReview", $"{Authorization}/{about.Version}"),
            "tokenreviews" => ("TokenReview", $"{Authentication}/{about.Version}"),
            _ => ("TokenRequest", Authentication + "/v1"),
        };
        if ((body.TextAt("kind") ?? kind) != kind || (body.TextAt("apiVersion") ?? apiVersion) != apiVersion)
        {
            throw new ApiException(400, "BadRequest",
                $"{body.TextAt("kind")} in version {Go.Quote(body.TextAt("apiVersion") ?? "")} cannot be handled as a {kind}: its apiVersion must be {apiVersion}");
        }
        if (about.Resource == "localsubjectaccessreviews" && body.TextAt("spec.resourceAttributes.namespace") != about.Namespace)
            throw new ApiException(400, "BadRequest", $"spec.resourceAttributes.namespace must match namespace: {about.Namespace}");

        JsonObject spec = body["spec"] as JsonObject ?? [];
        JsonNode status = answer(spec);
        JsonObject metadata = body["metadata"] as JsonObject ?? [];
        metadata["creationTimestamp"] = null;
        await JsonAnswer.WriteAsync(exchange, 201, new JsonObject
        {
            ["kind"] = kind,
            ["apiVersion"] = apiVersion,
            ["metadata"] = metadata.DeepClone(),
            ["spec"] = spec.DeepClone(),
            ["status"] = status,
        }).ConfigureAwait(false);
        return true;
    }

    private JsonObject ReviewAccess(ApiUser user, JsonObject spec, bool isSelf, string? @namespace)
    {
        var resource = spec["resourceAttributes"] as JsonObject;
        var path = spec["nonResourceAttributes"] as JsonObject;
        var problems = new List<(string Field, string Problem)>();
        if (resource is not null && path is not null)
        {
            problems.Add(("spec.nonResourceAttributes", $"Invalid value: authorization.NonResourceAttributes{{Path:{Go.Quote(path.TextAt("path") ?? "")}, "
                + $"Verb:{Go.Quote(path.TextAt("verb") ?? "")}}}: cannot be specified in combination with resourceAttributes"));
        }
        if (resource is null && path is null)
            problems.Add(("spec.resourceAttributes", "Invalid value: \"null\": exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        IReadOnlyList<string> groups = spec["groups"].Texts() ?? spec.TextsAt("group");
        if (!isSelf && spec.TextAt("user") is null && groups.Count == 0)
            problems.Add(("spec.user", "Invalid value: \"\": at least one of user or group must be specified"));
        if (problems.Count > 0)
            throw Invalid(Authorization, "", problems);

        ApiUser who = isSelf ? user : new ApiUser(spec.TextAt("user") ?? "", spec.TextAt("uid") ?? "", groups);
        RequestAttributes what = path is not null
            ? new RequestAttributes { Verb = path.TextAt("verb") ?? "", NonResourcePath = path.TextAt("path") ?? "" }
            : new RequestAttributes
            {
                Verb = resource.TextAt("verb") ?? "",
                Group = resource.TextAt("group") ?? "",
                Version = resource.TextAt("version") ?? "",
                Resource = resource.TextAt("resource") ?? "",
                Subresource = resource.TextAt("subresource") ?? "",
                Namespace = @namespace ?? resource.TextAt("namespace"),
                Name = resource.TextAt("name"),
            };
        var status = new JsonObject { ["allowed"] = authorizer.Authorize(who, what, out string reason) };
        if (reason.Length > 0)
            status["reason"] = reason;
        return status;
    }

    private JsonObject ReviewRules(ApiUser user, JsonObject spec)
    {
        string @namespace = spec.TextAt("namespace") ?? throw new ApiException(400, "BadRequest", "no namespace on request");
        // Its answer names no namespace: the question was meant for one alone.
        spec.Remove("namespace");
        var found = rules.RulesFor(user, @namespace).ToList();
        var resources = new JsonArray();
        var paths = new JsonArray();
        foreach (PolicyRule rule in found.Select(each => each.Rule).OfType<PolicyRule>())
        {
            if (rule.Resources.Count > 0)
                resources.Add((rule with { NonResourceUrls = [] }).ToJson());
            if (rule.NonResourceUrls.Count > 0)
                paths.Add((rule with { Resources = [], ApiGroups = [], ResourceNames = [] }).ToJson());
        }
        var status = new JsonObject { ["resourceRules"] = resources, ["nonResourceRules"] = paths, ["incomplete"] = false };
        string[] problems = [.. found.Select(each => each.Problem).OfType<string>().Distinct()];
        if (problems.Length > 0)
        {
            status["incomplete"] = true;
            status["evaluationError"] = problems.Length == 1 ? problems[0] : $"[{string.Join(", ", problems)}]";
        }
        return status;
    }

    private JsonObject ReviewToken(JsonObject spec)
    {
        string token = spec.TextAt("token") ?? throw new ApiException(400, "BadRequest", "token is required for TokenReview in authentication");
        if (authenticator.Find(token) is not { } user)
            return new JsonObject { ["user"] = new JsonObject(), ["error"] = "invalid bearer token" };
        var about = new JsonObject { ["username"] = user.Name };
        if (user.Uid.Length > 0)
            about["uid"] = user.Uid;
        about["groups"] = new JsonArray([.. user.Groups.Select(group => JsonValue.Create(group))]);
        return new JsonObject
        {
            ["authenticated"] = true,
            ["user"] = about,
            ["audiences"] = new JsonArray(ServiceAccountTokens.Issuer),
        };
    }

    private JsonObject IssueToken(RequestAttributes about, JsonObject spec)
    {
        string @namespace = about.Namespace ?? "", name = about.Name ?? "";
        JsonObject account = objects.Find("", "serviceaccounts", @namespace, name) ?? throw NotFound("serviceaccounts", name);
        long seconds = spec["expirationSeconds"] is JsonValue value && value.TryGetValue(out long given) ? given : 3600;
        if (seconds is < ShortestLifetime or > LongestLifetime)
        {
            string why = seconds < ShortestLifetime ? "may not specify a duration less than 10 minutes" : "may not specify a duration larger than 2^32 seconds";
            throw Invalid(Authentication, "TokenRequest", [("spec.expirationSeconds", $"Invalid value: {seconds}: {why}")]);
        }
        IReadOnlyList<string> audiences = spec.TextsAt("audiences") is { Count: > 0 } asked ? asked : [ServiceAccountTokens.Issuer];

        (string, string)? pod = null;
        if (spec["boundObjectRef"] is JsonObject bound)
        {
            if (bound.TextAt("kind") != "Pod")
                throw new ApiException(400, "BadRequest", $"The sandbox binds tokens to pods alone, not to {bound.TextAt("kind")}.");
            JsonObject found = objects.Find("", "pods", @namespace, bound.TextAt("name") ?? "") ?? throw NotFound("pods", bound.TextAt("name") ?? "");
            string uid = found.TextAt("metadata.uid") ?? "";
            if (bound.TextAt("uid") is { } expected && expected != uid)
            {
                throw new ApiException(409, "Conflict", $"Operation cannot be fulfilled on Pod {Go.Quote(bound.TextAt("name") ?? "")}: "
                    + $"the UID in the bound object reference ({expected}) does not match the UID in record. The object might have been deleted and then recreated");
            }
            pod = (bound.TextAt("name") ?? "", uid);
        }
        (string token, DateTimeOffset expires) = tokens.Issue(@namespace, name, account.TextAt("metadata.uid") ?? "", TimeSpan.FromSeconds(seconds), audiences, pod);
        spec["audiences"] = new JsonArray([.. audiences.Select(audience => JsonValue.Create(audience))]);
        spec["expirationSeconds"] = seconds;
        spec.TryAdd("boundObjectRef", null);
        return new JsonObject { ["token"] = token, ["expirationTimestamp"] = expires.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) };
    }

    private static ApiException NotFound(string resource, string name)
        => new(404, "NotFound", $"{resource} {Go.Quote(name)} not found", new JsonObject { ["name"] = name, ["kind"] = resource });

    private static ApiException Invalid(string group, string kind, IReadOnlyList<(string Field, string Problem)> problems)
    {
        string[] texts = [.. problems.Select(problem => $"{problem.Field}: {problem.Problem}")];
        var details = new JsonObject { ["group"] = group };
        if (kind.Length > 0)
            details["kind"] = kind;
        details["causes"] = new JsonArray([.. problems.Select(problem => new JsonObject
        {
            ["reason"] = "FieldValueInvalid",
            ["message"] = problem.Problem,
            ["field"] = problem.Field,
        })]);
        string all = texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        return new ApiException(422, "Invalid", $"{kind}.{group} \"\" is invalid: {all}", details);
    }
}
