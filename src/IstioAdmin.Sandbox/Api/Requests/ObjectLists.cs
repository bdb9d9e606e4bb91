using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Lists: written from what is stored, without looking into the objects.</summary>
internal sealed class ObjectLists(ApiMachinery machinery)
{
    private const string TooOld = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, "
        + "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that "
        + "were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

    /// <summary>The objects that a request asks for, and the version at which they are so.</summary>
    public (long Version, IEnumerable<StoredObject> Objects) Select(RequestContext context)
    {
        (long version, IEnumerable<StoredObject> objects) = machinery.Store.Snapshot(context.Request.Key, context.Request.Namespace);
        return (version, Filter(context, objects));
    }

    /// <summary>The objects of those that a request's selectors match.</summary>
    public static IEnumerable<StoredObject> Filter(RequestContext context, IEnumerable<StoredObject> objects)
    {
        Func<StoredObject, bool> matches = Matching(context);
        return objects.Where(matches);
    }

    /// <summary>What a request's selectors match.</summary>
    public static Func<StoredObject, bool> Matching(RequestContext context)
    {
        HttpQuery query = context.Exchange.Query;
        FieldSelector fields = FieldSelector.Parse(query["fieldSelector"], context.Request.Type);
        LabelSelector labels = LabelSelector.Parse(query["labelSelector"]);
        string? name = context.Request.Name;
        if (name is not null && fields.Name is { } selected && selected != name)
            throw ApiErrors.BadRequest($"fieldSelector metadata.name doesn't match requested name");
        return stored => (name is null || stored.Name == name) && (fields.IsEmpty || fields.Matches(stored)) && (labels.IsEmpty || labels.Matches(stored.Labels));
    }

    /// <summary>Reads a <c>resourceVersion</c>.</summary>
    public static long ReadVersion(string text, string field = "resourceVersion") =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long version)
            ? version
            : throw new ApiException(500, "", FieldError.Invalid(field, text, $"strconv.ParseUint: parsing {FieldError.Quote(text)}: invalid syntax").ToString());

    /// <summary>Answers a list.</summary>
    public async Task WriteAsync(RequestContext context)
    {
        HttpQuery query = context.Exchange.Query;
        ResourceRequest request = context.Request;
        int limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : 0;
        Func<StoredObject, bool> matches = Matching(context);
        (long version, IEnumerable<StoredObject> all) = machinery.Store.Snapshot(request.Key, request.Namespace);
        string? asked = query["resourceVersion"] is { Length: > 0 } text ? text : null;
        if (query["continue"] is { Length: > 0 } token)
        {
            if (asked is not null and not "0")
                throw ApiErrors.BadRequest("specifying resource version is not allowed when using continue");
            (long at, string startNamespace, string startName) = ContinueToken.Parse(token);
            if (at >= 0 && at != version)
            {
                long latest = version;
                version = at;
                all = machinery.Store.SnapshotAt(request.Key, request.Namespace, at) ?? throw new ApiException(410, "Expired", TooOld, null)
                {
                    Data = { ["continue"] = ContinueToken.Write(-1, startNamespace, startName), ["resourceVersion"] = latest },
                };
            }
            all = all.SkipWhile(stored => !ContinueToken.IsAtOrAfter(stored, startNamespace, startName));
        }
        else if (asked is not null)
        {
            long wanted = ReadVersion(asked);
            if (wanted > version)
                throw new ApiException(504, "Timeout", $"Timeout: Too large resource version: {wanted}, current: {version}", new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }), ["retryAfterSeconds"] = 1 });
            if (query["resourceVersionMatch"] == "Exact" || (query["resourceVersionMatch"] is null && limit > 0 && wanted > 0))
            {
                all = machinery.Store.SnapshotAt(request.Key, request.Namespace, wanted) ?? throw ApiErrors.Expired($"The resourceVersion for the provided list is too old.");
                version = wanted;
            }
        }
        List<StoredObject> objects = [];
        StoredObject? next = null;
        long remaining = 0;
        bool isFiltered = query["labelSelector"] is { Length: > 0 } || query["fieldSelector"] is { Length: > 0 };
        foreach (StoredObject stored in all)
        {
            if (limit > 0 && objects.Count == limit)
            {
                next ??= stored;
                remaining++;
                // Behind selectors nobody counts.
                if (isFiltered)
                    break;
                continue;
            }
            if (matches(stored))
                objects.Add(stored);
        }
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (request.Type.IsCustom)
            metadata["continue"] = "";
        if (next is not null)
        {
            metadata["continue"] = ContinueToken.Write(version, next.Namespace, next.Name);
            if (!isFiltered)
                metadata["remainingItemCount"] = remaining;
        }
        if (context.Representation is { } other)
        {
            await context.Exchange.WriteJsonAsync(200, [ObjectStore.Serialize(other.List(request, query, metadata, objects.Select(context.Read))), "\n"u8.ToArray()], other.ContentType).ConfigureAwait(false);
            return;
        }
        await WriteAsync(context, metadata, objects).ConfigureAwait(false);
    }

    private static async Task WriteAsync(RequestContext context, JsonObject metadata, List<StoredObject> objects)
    {
        ResourceType type = context.Request.Type;
        // The items of built-in types are written without kind and apiVersion, those of custom types with them.
        byte[] itemHead = type.IsCustom ? Encoding.UTF8.GetBytes($"{{\"apiVersion\":\"{type.ApiVersion}\",\"kind\":\"{type.Kind}\",") : "{"u8.ToArray();
        byte[] listHead = Encoding.UTF8.GetBytes($"{{\"kind\":\"{type.ListKind}\",\"apiVersion\":\"{type.ApiVersion}\",\"metadata\":{metadata.ToJsonString()},\"items\":[");
        bool asStored = context.IsStoredVersion;
        long length = listHead.Length + 3 + Math.Max(0, objects.Count - 1);
        if (asStored)
        {
            foreach (StoredObject stored in objects)
                length += itemHead.Length + stored.Content.Length - 1;
        }
        Stream body = await context.Exchange.RespondAsync(200, "application/json", asStored ? length : null).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            var buffer = new BufferedStream(body, 64 * 1024);
            buffer.Write(listHead);
            bool first = true;
            foreach (StoredObject stored in objects)
            {
                if (!first)
                    buffer.WriteByte((byte)',');
                first = false;
                if (asStored)
                {
                    buffer.Write(itemHead);
                    await buffer.WriteAsync(stored.Content.AsMemory(1), context.Cancel).ConfigureAwait(false);
                    continue;
                }
                JsonObject item = context.Read(stored);
                if (!type.IsCustom)
                {
                    item.Remove("kind");
                    item.Remove("apiVersion");
                }
                await buffer.WriteAsync(ObjectStore.Serialize(item), context.Cancel).ConfigureAwait(false);
            }
            buffer.Write("]}\n"u8);
            await buffer.FlushAsync(context.Cancel).ConfigureAwait(false);
        }
    }
}
