using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Testing;
using Microsoft.AspNetCore.Http;

namespace IstioAdmin.Module.Tests;

/// <summary>A cluster that holds just pods and namespaces, with a kubeconfig that leads to it.</summary>
internal sealed class MeshServer : IAsyncDisposable
{
    private readonly FakeApiServer _server;
    private readonly string _folder;

    private MeshServer(FakeApiServer server, string context)
    {
        _server = server;
        _folder = Directory.CreateTempSubdirectory("istioadmin-").FullName;
        Kubeconfig = server.WriteKubeconfig(Path.Combine(_folder, "config"), context);
    }

    public string Kubeconfig { get; }

    public string Folder => _folder;

    public Uri Uri => _server.Uri;

    public IReadOnlyCollection<string> Requests => _server.Requests;

    /// <summary>Starts a server.</summary>
    /// <param name="pages">The pages of the list of pods; a namespaced list shows those of the namespace.</param>
    /// <param name="context">Name of the kubeconfig's context.</param>
    /// <param name="before">Awaited before a request is answered.</param>
    public static async Task<MeshServer> StartAsync(JsonObject[][]? pages = null, string context = "fake", Func<HttpContext, Task>? before = null)
    {
        FakeApiServer server = await FakeApiServer.StartAsync(async http =>
        {
            if (before is not null)
                await before(http);
            if (!http.Response.HasStarted)
                await AnswerAsync(http, pages ?? []);
        });
        return new MeshServer(server, context);
    }

    /// <summary>A pod as the API server would show it.</summary>
    public static JsonObject Pod(string ns, string name, params string[] containers) => new()
    {
        ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["uid"] = Guid.NewGuid().ToString() },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray([.. containers.Select(c => new JsonObject { ["name"] = c, ["image"] = $"example/{c}:1.0" })]) },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    };

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static Task AnswerAsync(HttpContext http, JsonObject[][] pages)
    {
        string[] path = http.Request.Path.Value!.Trim('/').Split('/');
        return path switch
        {
            ["version"] => Json(http, new JsonObject { ["major"] = "1", ["minor"] = "31", ["gitVersion"] = "v1.31.2" }),
            ["api", "v1", "namespaces"] => Json(http, List("NamespaceList", Namespaces(pages))),
            ["api", "v1", "pods"] => PageAsync(http, pages),
            ["api", "v1", "namespaces", var ns, "pods"] => PageAsync(http, [[.. pages.SelectMany(p => p).Where(p => (string?)p["metadata"]!["namespace"] == ns)]]),
            ["api", "v1", _] => Json(http, List("List", [])),
            _ => NotFound(http),
        };
    }

    private static Task PageAsync(HttpContext http, JsonObject[][] pages)
    {
        int index = int.TryParse(http.Request.Query["continue"], out int given) ? given : 0;
        JsonObject list = List("PodList", index < pages.Length ? pages[index] : []);
        if (index + 1 < pages.Length)
            list["metadata"]!["continue"] = $"{index + 1}";
        return Json(http, list);
    }

    private static IEnumerable<JsonObject> Namespaces(JsonObject[][] pages) =>
        pages.SelectMany(p => p).Select(p => (string?)p["metadata"]!["namespace"]).Distinct()
            .Select(ns => new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } });

    private static JsonObject List(string kind, IEnumerable<JsonObject> items) => new()
    {
        ["kind"] = kind,
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["resourceVersion"] = "1" },
        ["items"] = new JsonArray([.. items.Select(i => i.DeepClone())]),
    };

    private static Task NotFound(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Json(http, new JsonObject { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["code"] = 404, ["message"] = "the server could not find the requested resource" });
    }

    private static Task Json(HttpContext http, JsonObject body)
    {
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(body.ToJsonString(JsonSerializerOptions.Default), http.RequestAborted);
    }
}
