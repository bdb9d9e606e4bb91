using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using IstioAdmin.Core;
using IstioAdmin.Sandbox.Api.Admission;
using IstioAdmin.Sandbox.Api.Applying;
using IstioAdmin.Sandbox.Api.Defaults;
using IstioAdmin.Sandbox.Api.Resources;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Api.Validation;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Creates and changes objects, in the order in which the API server does it: form, ownership, admission, the type's own rules, validation, store.</summary>
internal sealed class ObjectWrites
{
    // As many as the API server tries a patch again that others were faster than.
    private const int MostAttempts = 6;
    private const string NameLetters = "bcdfghjklmnpqrstvwxz2456789";

    private readonly ApiMachinery _machinery;
    private readonly AdmissionChain _admission;
    private readonly ServiceAddresses _addresses;

    public ObjectWrites(ApiMachinery machinery)
    {
        _machinery = machinery;
        _admission = new AdmissionChain(machinery);
        _addresses = new ServiceAddresses(machinery);
    }

    /// <summary>What objects must pass before they are stored.</summary>
    public AdmissionChain Admission => _admission;

    /// <summary>Creates an object.</summary>
    /// <returns>What came of it.</returns>
    public Task<Written> CreateAsync(RequestContext context, JsonObject item)
    {
        CheckIdentity(context, item, null);
        Form(context, item);
        JsonObject nothing = Nothing(context);
        FieldManagers.Update(nothing, item, null, context.Schema, context.Request.Type.ApiVersion, context.FieldManager, context.Now, isNew: true);
        return CreateFormedAsync(context, item);
    }

    /// <summary>Replaces an object.</summary>
    /// <returns>What came of it.</returns>
    public async Task<Written> UpdateAsync(RequestContext context, JsonObject body)
    {
        CheckIdentity(context, (JsonObject)body.DeepClone(), context.Request.Name);
        for (int attempt = 1; ; attempt++)
        {
            StoredObject stored = Stored(context);
            JsonObject live = context.Read(stored);
            var item = (JsonObject)body.DeepClone();
            CheckIdentity(context, item, context.Request.Name);
            Form(context, item);
            Own(context, live, item);
            if (await CommitAsync(context, stored, live, item).ConfigureAwait(false) is { } written)
                return written;
            if (body.TextAt("metadata.resourceVersion") is not null || attempt == MostAttempts)
                throw ApiErrors.Modified(context.Request.Served, context.Request.Name!);
        }
    }

    /// <summary>Patches an object, or applies it.</summary>
    /// <returns>What came of it, and whether the object is new.</returns>
    public async Task<(Written Written, bool Created)> PatchAsync(RequestContext context, PatchDocument patch)
    {
        context.Touched = patch.TouchedBy(context);
        for (int attempt = 1; ; attempt++)
        {
            StoredObject? found = _machinery.Store.Get(context.Request.Key, context.Request.Namespace, context.Request.Name!);
            if (found is null && patch.IsApply && context.Request.Subresource.Length == 0)
            {
                try
                {
                    return (await ApplyNewAsync(context, patch.Whole()).ConfigureAwait(false), true);
                }
                catch (ApiException e) when (e.Reason == "AlreadyExists" && attempt < MostAttempts)
                {
                    // Somebody else was faster: it is there to be patched now.
                    continue;
                }
            }
            StoredObject stored = found ?? throw ApiErrors.NotFound(context.Request.Served, context.Request.Name!);
            JsonObject live = context.Read(stored);
            JsonObject item;
            if (patch.IsApply)
            {
                item = Apply(context, live, patch.Whole());
                Form(context, item);
            }
            else
            {
                item = patch.ApplyTo((JsonObject)live.DeepClone(), context);
                CheckIdentity(context, item, context.Request.Name);
                Form(context, item);
                Own(context, live, item);
            }
            if (await CommitAsync(context, stored, live, item).ConfigureAwait(false) is { } written)
                return (written, false);
            if (attempt == MostAttempts)
                throw ApiErrors.Modified(context.Request.Served, context.Request.Name!);
        }
    }

    /// <summary>Changes an object on behalf of a subresource, past ownership and admission, until nobody is faster.</summary>
    /// <param name="key">Its type.</param>
    /// <param name="namespace">Its namespace.</param>
    /// <param name="name">Its name.</param>
    /// <param name="isDryRun">Whether nothing is to be stored.</param>
    /// <param name="change">Changes it; false leaves it as it is.</param>
    /// <returns>The stored object; null when there is none.</returns>
    public StoredObject? Change(TypeKey key, string? @namespace, string name, bool isDryRun, Func<JsonObject, bool> change)
    {
        while (true)
        {
            if (_machinery.Store.Get(key, @namespace, name) is not { } stored)
                return null;
            JsonObject item = stored.Parse();
            if (!change(item) || isDryRun)
                return stored;
            if (_machinery.Store.Replace(key, stored, item) is { } after)
            {
                Committed(key, stored, after);
                return after;
            }
        }
    }

    /// <summary>To be called after each change that was stored.</summary>
    public void Committed(TypeKey key, StoredObject? before, StoredObject? after)
    {
        if (key == ResourceTypes.Definitions)
        {
            if (after is null)
                _machinery.Types.Forget(before!.Name);
            else
                _machinery.Types.Define(after.Parse());
        }
        if (key == ServiceAddresses.Services && after is null)
            _addresses.Release(before!.Parse());
    }

    /// <summary>Stores a change of an object.</summary>
    /// <returns>What came of it; null when the stored object has changed meanwhile.</returns>
    public async Task<Written?> CommitAsync(RequestContext context, StoredObject stored, JsonObject live, JsonObject item)
    {
        ResourceRequest request = context.Request;
        if (await _admission.MutateAsync(context, "UPDATE", item, live).ConfigureAwait(false))
            Form(context, item);
        string version = stored.Version.ToString(CultureInfo.InvariantCulture);
        if (item.TextAt("metadata.uid") is { } uid && uid != stored.Uid)
            throw ApiErrors.Conflict(request.Served, request.Name!, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Uid}");
        if (item.TextAt("metadata.resourceVersion") is { } given)
        {
            if (given != version)
                throw ApiErrors.Modified(request.Served, request.Name!);
        }
        else if (Strategies.NeedsVersion(request.Type))
        {
            throw ApiErrors.Invalid(request.Type.Group, request.Type.Plural, request.Name!, [FieldError.InvalidShown("metadata.resourceVersion", "0x0", "must be specified for an update")]);
        }
        Strategies.PrepareForUpdate(request, context.Custom, live, item);
        bool isService = request.Key == ServiceAddresses.Services && request.Subresource.Length == 0;
        if (isService)
            ServiceAddresses.Keep(live, item);
        Validator.CheckUpdate(context, live, item);
        if (isService)
            _addresses.Update(live, item, context.IsDryRun);
        await _admission.ValidateAsync(context, "UPDATE", item, live).ConfigureAwait(false);
        // Where the versions do not differ the object goes to the store itself.
        JsonObject after = context.IsStoredVersion ? item : context.ToStored((JsonObject)item.DeepClone());
        if (Strategies.IsDeletedByUpdate(request.Key, after))
        {
            if (context.IsDryRun)
                return Written.Not(item);
            // Its last finalizer is gone.
            if (_machinery.Store.Remove(request.Key, stored) is not { } removed)
                return null;
            Committed(request.Key, stored, null);
            ObjectDeletes.AfterRemoval(_machinery, this, request.Key, removed);
            item["metadata"]!["resourceVersion"] = removed.Version.ToString(CultureInfo.InvariantCulture);
            return Written.Not(item);
        }
        if (context.Touched is { } touched ? IsUnchanged(live, after, touched) : context.IsStoredVersion ? JsonNode.DeepEquals(live, after) : IsUnchanged(stored, after))
            return new Written(stored);
        if (context.IsDryRun)
            return Written.Not(item);
        if (_machinery.Store.Replace(request.Key, stored, after) is not { } written)
            return null;
        Committed(request.Key, stored, written);
        CustomDefinitions.AfterWrite(_machinery, this, request.Key, written);
        return new Written(written);
    }

    private static bool IsUnchanged(JsonObject live, JsonObject after, IReadOnlyCollection<string> touched) =>
        touched.All(field => JsonNode.DeepEquals(live[field], after[field])) && JsonNode.DeepEquals(live["metadata"], after["metadata"]);

    private static bool IsUnchanged(StoredObject stored, JsonObject after)
    {
        JsonObject before = stored.Parse();
        var head = (ApiVersion: after["apiVersion"]?.DeepClone(), Kind: after["kind"]?.DeepClone());
        after.Remove("apiVersion");
        after.Remove("kind");
        bool same = JsonNode.DeepEquals(before, after);
        after["apiVersion"] = head.ApiVersion;
        after["kind"] = head.Kind;
        return same;
    }

    private async Task<Written> ApplyNewAsync(RequestContext context, JsonObject wanted)
    {
        CheckIdentity(context, wanted, context.Request.Name);
        if (wanted.TextAt("metadata.uid") is { } uid)
            throw ApiErrors.Conflict(context.Request.Served, context.Request.Name!, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        JsonObject nothing = Nothing(context);
        JsonObject item = FieldManagers.Apply(nothing, wanted, null, context.Schema, context.Request.Type.ApiVersion, context.FieldManager, context.Exchange.Query["force"] is not null && context.Exchange.Query.Flag("force"), context.Now);
        item["metadata"]!["name"] = context.Request.Name;
        Form(context, item);
        return await CreateFormedAsync(context, item).ConfigureAwait(false);
    }

    private static JsonObject Apply(RequestContext context, JsonObject live, JsonObject wanted)
    {
        CheckIdentity(context, wanted, context.Request.Name);
        JsonArray? managed = live["metadata"]!["managedFields"]?.DeepClone() as JsonArray;
        var bare = (JsonObject)live.DeepClone();
        (bare["metadata"] as JsonObject)!.Remove("managedFields");
        return FieldManagers.Apply(bare, wanted, managed, context.Schema, context.Request.Type.ApiVersion, context.FieldManager, context.Exchange.Query["force"] is not null && context.Exchange.Query.Flag("force"), context.Now);
    }

    private static void Own(RequestContext context, JsonObject live, JsonObject item)
    {
        // Nobody owns managedFields itself, so that it does not matter that it is among what is compared.
        FieldManagers.Update(live, item, live["metadata"]!["managedFields"] as JsonArray, context.Schema, context.Request.Type.ApiVersion, context.FieldManager, context.Now, isNew: false, context.Touched);
    }

    private async Task<Written> CreateFormedAsync(RequestContext context, JsonObject item)
    {
        ResourceRequest request = context.Request;
        var metadata = (JsonObject)item["metadata"]!;
        if (await _admission.MutateAsync(context, "CREATE", item, null).ConfigureAwait(false))
            Form(context, item);
        metadata = (JsonObject)item["metadata"]!;
        foreach (string field in (string[])["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"])
        {
            if (field == "resourceVersion" && metadata[field].Text() is not null)
                throw ApiErrors.BadRequest("resourceVersion should not be set on objects to be created");
            metadata.Remove(field);
        }
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = Stamp(context.Now);
        if (metadata["name"].Text() is null && metadata["generateName"].Text() is { } prefix)
            metadata["name"] = prefix[..Math.Min(prefix.Length, 58)] + RandomNumberGenerator.GetString(NameLetters, 5);
        Strategies.PrepareForCreate(request, context.Custom, item);
        bool allocates = request.Key == ServiceAddresses.Services;
        Validator.CheckCreate(context, item);
        IReadOnlyList<string> taken = allocates ? _addresses.Allocate(item, context.IsDryRun) : [];
        bool stored = false;
        try
        {
            using IDisposable? hold = await _admission.ValidateAsync(context, "CREATE", item, null).ConfigureAwait(false);
            string name = metadata["name"]!.GetValue<string>();
            if (context.IsDryRun)
            {
                if (_machinery.Store.Get(request.Key, request.Namespace, name) is not null)
                    throw ApiErrors.AlreadyExists(request.Served, name);
                return Written.Not(item);
            }
            StoredObject written = _machinery.Store.Add(request.Key, context.ToStored(item)) ?? throw ApiErrors.AlreadyExists(request.Served, name);
            stored = true;
            Committed(request.Key, null, written);
            CustomDefinitions.AfterWrite(_machinery, this, request.Key, written);
            return new Written(written);
        }
        finally
        {
            if (!stored)
                _addresses.Release(taken);
        }
    }

    private StoredObject Stored(RequestContext context) =>
        _machinery.Store.Get(context.Request.Key, context.Request.Namespace, context.Request.Name!) ?? throw ApiErrors.NotFound(context.Request.Served, context.Request.Name!);

    // What a new object of the type has before anything is set.
    private static JsonObject Nothing(RequestContext context)
    {
        JsonObject nothing = context.Custom is null ? context.Schema.ZeroStruct() : [];
        nothing["apiVersion"] = context.Request.Type.ApiVersion;
        nothing["kind"] = context.Request.Type.Kind;
        return nothing;
    }

    /// <summary>Brings an object into its type's form, with its defaults.</summary>
    internal static void Form(RequestContext context, JsonObject item)
    {
        ResourceType type = context.Request.Type;
        if (context.Custom is not { } custom)
        {
            TypedForm.Apply(item, context.Schema, type.Kind, type.Version, context.Touched);
            TypeDefaults.Apply(type, item, context.Touched);
            return;
        }
        if (item["metadata"] is not JsonObject metadata)
            item["metadata"] = metadata = [];
        TypedForm.Apply(metadata, SchemaTable.BuiltIn.Named("meta.v1.ObjectMeta"), "ObjectMeta", "v1");
        if (metadata["creationTimestamp"] is null)
            metadata.Remove("creationTimestamp");
        if (custom.OpenApi is { } schema)
        {
            if (custom.Prunes)
                StructuralSchema.Prune(item, schema);
            StructuralSchema.Default(item, schema);
        }
    }

    private static void CheckIdentity(RequestContext context, JsonObject item, string? name)
    {
        ResourceRequest request = context.Request;
        ResourceType type = request.Type;
        string? kind = item.TextAt("kind"), apiVersion = item.TextAt("apiVersion");
        if (kind is null && type.IsCustom)
            throw ApiErrors.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: unmarshalerDecoder: Object 'Kind' is missing in '{item.ToJsonString()}'");
        if (apiVersion is not null && apiVersion != type.ApiVersion)
        {
            throw ApiErrors.BadRequest(type.IsCustom || (kind is not null && Resources.SchemaTable.BuiltIn.OfKind(apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/')[0] : "", apiVersion.Split('/')[^1], kind) is not null)
                ? $"the API version in the data ({apiVersion}) does not match the expected API version ({type.ApiVersion})"
                : $"{kind} in version \"{apiVersion.Split('/')[^1]}\" cannot be handled as a {type.Kind}: no kind \"{kind}\" is registered for version \"{apiVersion}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
        }
        if (kind is not null && kind != type.Kind)
        {
            throw ApiErrors.BadRequest(type.IsCustom ? $"{kind}.{type.Group} \"\" is invalid: kind: Invalid value: \"{kind}\": must be {type.Kind}"
                : $"{kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: no kind \"{kind}\" is registered for version \"{type.ApiVersion}\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"");
        }
        item["kind"] = type.Kind;
        item["apiVersion"] = type.ApiVersion;
        if (item["metadata"] is not JsonObject metadata)
            item["metadata"] = metadata = [];
        if (name is not null)
        {
            string? given = metadata["name"].Text();
            if (given is not null && given != name)
                throw ApiErrors.BadRequest($"the name of the object ({given}) does not match the name on the URL ({name})");
            metadata["name"] = name;
        }
        if (request.Namespace is { } @namespace)
        {
            if (metadata["namespace"].Text() is { } given && given != @namespace)
                throw ApiErrors.BadRequest($"the namespace of the provided object does not match the namespace sent on the request");
            metadata["namespace"] = @namespace;
        }
        else if (!type.Namespaced && metadata["namespace"].Text() is not null)
        {
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    /// <summary>A time as objects have it.</summary>
    internal static string Stamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
