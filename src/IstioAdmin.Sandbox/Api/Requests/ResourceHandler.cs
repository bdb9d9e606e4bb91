using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Storage;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api.Requests;

/// <summary>Answers requests about resources: the entry to the API's machinery.</summary>
internal sealed class ResourceHandler
{
    private readonly ApiMachinery _machinery;
    private readonly ObjectLists _lists;
    private readonly ObjectWatches _watches;
    private readonly ObjectWrites _writes;
    private readonly ObjectDeletes _deletes;
    private readonly Subresources _subresources;

    /// <param name="machinery">What the parts share.</param>
    public ResourceHandler(ApiMachinery machinery)
    {
        _machinery = machinery;
        _lists = new ObjectLists(machinery);
        _watches = new ObjectWatches(machinery);
        _writes = new ObjectWrites(machinery);
        _deletes = new ObjectDeletes(machinery, _writes);
        _subresources = new Subresources(machinery, _writes, _deletes);
    }

    /// <summary>Answers a request. What is refused is answered with a <c>Status</c>.</summary>
    public async Task HandleAsync(HttpExchange exchange, ApiUser user, ResourceRequest request)
    {
        try
        {
            await AnswerAsync(exchange, user, request).ConfigureAwait(false);
        }
        catch (ApiException e) when (!exchange.HasStarted)
        {
            await StatusObject.WriteAsync(exchange, e).ConfigureAwait(false);
        }
    }

    private Task AnswerAsync(HttpExchange exchange, ApiUser user, ResourceRequest request)
    {
        var context = new RequestContext(_machinery, exchange, user, request);
        if (request.Subresource.Length > 0)
            return SubresourceAsync(context);
        if (!request.Type.Verbs.Contains(request.Verb))
            throw ApiErrors.MethodNotAllowed();
        if (request.Verb is "create" && request.Type.Namespaced && request.Namespace is null)
            throw ApiErrors.MethodNotAllowed();
        if (request.Verb is "list" or "watch")
            ListOptions.Check(exchange.Query, request.Verb == "watch");
        return request.Verb switch
        {
            "get" => GetAsync(context),
            "list" => _lists.WriteAsync(context),
            "watch" => _watches.WriteAsync(context),
            "create" => CreateAsync(context),
            "update" => UpdateAsync(context),
            "patch" => PatchAsync(context),
            "delete" => DeleteAsync(context),
            "deletecollection" => _deletes.WriteCollectionAsync(context),
            _ => throw ApiErrors.MethodNotAllowed(),
        };
    }

    private Task GetAsync(RequestContext context)
    {
        ResourceRequest request = context.Request;
        StoredObject stored = _machinery.Store.Get(request.Key, request.Namespace, request.Name!) ?? throw ApiErrors.NotFound(request.Served, request.Name!);
        return context.WriteAsync(200, new Written(stored));
    }

    private async Task CreateAsync(RequestContext context)
    {
        JsonObject body = await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? [];
        await context.WriteAsync(201, await _writes.CreateAsync(context, body).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task UpdateAsync(RequestContext context)
    {
        JsonObject body = await RequestBody.ReadObjectAsync(context.Exchange).ConfigureAwait(false) ?? [];
        await context.WriteAsync(200, await _writes.UpdateAsync(context, body).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task PatchAsync(RequestContext context)
    {
        (Written written, bool created) = await _writes.PatchAsync(context, await PatchDocument.ReadAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
        await context.WriteAsync(created ? 201 : 200, written).ConfigureAwait(false);
    }

    private async Task DeleteAsync(RequestContext context)
    {
        (int status, JsonObject answer) = await _deletes.DeleteAsync(context, await DeleteOptions.ReadAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
        await context.WriteAsync(status, answer).ConfigureAwait(false);
    }

    private Task SubresourceAsync(RequestContext context)
    {
        SubresourceType subresource = context.Request.Type.SubresourceTypes.FirstOrDefault(known => known.Name == context.Request.Subresource) ?? throw ApiErrors.NoSuchPath();
        if (!subresource.Verbs.Contains(context.Request.Verb))
            throw ApiErrors.MethodNotAllowed();
        return _subresources.WriteAsync(context);
    }
}
