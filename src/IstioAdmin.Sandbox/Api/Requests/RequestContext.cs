using System.Text;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>A request while it is answered.</summary>
internal sealed class RequestContext
{
    private static readonly byte[] NewLine = [(byte)'\n'];

    private readonly ApiMachinery _machinery;
    private byte[]? _head;

    public RequestContext(ApiMachinery machinery, HttpExchange exchange, ApiUser user, ResourceRequest request)
    {
        _machinery = machinery;
        Exchange = exchange;
        User = user;
        Request = request;
        Schema = machinery.Types.SchemaOf(request.Type);
        Custom = machinery.Types.CustomOf(request.Type);
        Storage = machinery.Types.StorageOf(request.Type);
        if (machinery.Representations?.TryChoose(Header("Accept"), out IRepresentation? representation) == true)
            Representation = representation;
        IReadOnlyList<string> dryRun = exchange.Query.All("dryRun");
        if (dryRun.Any(value => value is not ("All" or "")))
        {
            throw ApiErrors.Invalid("meta.k8s.io", request.Verb switch { "create" => "CreateOptions", "patch" => "PatchOptions", "update" => "UpdateOptions", _ => "DeleteOptions" }, "",
                [new FieldError("FieldValueNotSupported", "dryRun", $"Unsupported value: []string{{{string.Join(", ", dryRun.Select(FieldError.Quote))}}}: supported values: \"All\"")]);
        }
        IsDryRun = dryRun.Contains("All");
    }

    public HttpExchange Exchange { get; }

    public ApiUser User { get; }

    public ResourceRequest Request { get; }

    /// <summary>The shape of the type's objects in the version that was asked for.</summary>
    public Schema Schema { get; }

    /// <summary>What a CustomResourceDefinition says of the type; null when it is built in.</summary>
    public CustomVersion? Custom { get; }

    /// <summary>The type in the version that is stored.</summary>
    public ResourceType Storage { get; }

    /// <summary>What to answer with instead of the object; null for the object.</summary>
    public IRepresentation? Representation { get; }

    /// <summary>Whether nothing is to be stored.</summary>
    public bool IsDryRun { get; set; }

    /// <summary>The fields at the root that the request can change, besides what the server itself notes; null where it may be any.</summary>
    public IReadOnlyCollection<string>? Touched { get; set; }

    /// <summary>The time.</summary>
    public DateTimeOffset Now => _machinery.Clock.GetUtcNow();

    /// <summary>Ends when nobody waits for the answer any more.</summary>
    public CancellationToken Cancel => Exchange.Aborted;

    /// <summary>Whether what is stored is what was asked for, but for its <c>apiVersion</c>.</summary>
    public bool IsStoredVersion => !Conversion.IsNeeded(Storage, Request.Type);

    /// <summary>How an object begins whose stored content follows.</summary>
    public byte[] Head => _head ??= Encoding.UTF8.GetBytes($"{{\"kind\":\"{Request.Type.Kind}\",\"apiVersion\":\"{Request.Type.ApiVersion}\",");

    /// <summary>Who is noted as the manager of what is written (<c>managerOrUserAgent</c>).</summary>
    public string FieldManager
    {
        get
        {
            if (Exchange.Query["fieldManager"] is { Length: > 0 } given)
                return given;
            string agent = Header("User-Agent");
            int slash = agent.IndexOf('/', StringComparison.Ordinal);
            string name = slash < 0 ? agent : agent[..slash];
            return name.Length == 0 ? "unknown" : name.Length > 128 ? name[..128] : name;
        }
    }

    /// <summary>A header; empty when there is none.</summary>
    public string Header(string name) => Exchange.Headers.TryGetValue(name, out string? value) ? value : "";

    /// <summary>A stored object in the version that was asked for.</summary>
    public JsonObject Read(StoredObject stored)
    {
        JsonObject item = stored.Parse();
        item["apiVersion"] = Storage.ApiVersion;
        item["kind"] = Storage.Kind;
        return Converted(item, Storage, Request.Type, Schema);
    }

    /// <summary>An object as it is stored.</summary>
    public JsonObject ToStored(JsonObject item) => Converted(item, Request.Type, Storage, _machinery.Types.SchemaOf(Storage));

    private static JsonObject Converted(JsonObject item, ResourceType from, ResourceType to, Schema schema)
    {
        bool isNeeded = Conversion.IsNeeded(from, to);
        item = Conversion.Convert(item, from, to);
        if (isNeeded)
            TypedForm.Apply(item, schema, to.Kind, to.Version);
        return item;
    }

    /// <summary>Answers with what was written, as it is stored where that is what was asked for.</summary>
    public Task WriteAsync(int status, Written written) => written.Stored is { } stored && Representation is null && IsStoredVersion
        ? Exchange.WriteJsonAsync(status, [Head, stored.Content.AsMemory(1), NewLine])
        : WriteAsync(status, written.Read(this));

    /// <summary>Answers with an object or a <c>Status</c>.</summary>
    public Task WriteAsync(int status, JsonObject item)
    {
        if (Representation is { } other && item.TextAt("kind") != "Status")
        {
            return Exchange.WriteJsonAsync(status, [ObjectStore.Serialize(other.Single(Request, Exchange.Query, item)), "\n"u8.ToArray()], other.ContentType);
        }
        return Exchange.WriteJsonAsync(status, item);
    }
}
