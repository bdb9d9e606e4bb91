using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using IstioAdmin.Sandbox.Api;
using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Requests;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Tests.Api;

/// <summary>Carries requests about resources to the machinery, without a connection and without authorization.</summary>
internal sealed class MachineryHandler(ApiMachinery machinery) : HttpMessageHandler
{
    private static readonly ApiUser Admin = new("admin", "", [ApiUser.Masters]);
    private readonly ResourceHandler _handler = new(machinery);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var exchange = new Exchange(request, request.Content is null ? Stream.Null : await request.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        Task answering = Task.Run(async () =>
        {
            try
            {
                if (Read(exchange) is { } asked)
                    await _handler.HandleAsync(exchange, Admin, asked);
                else
                    await StatusObject.WriteAsync(exchange, ApiErrors.NoSuchPath());
                exchange.End(null);
            }
            catch (Exception e)
            {
                exchange.End(e);
            }
        }, CancellationToken.None);
        _ = answering;
        return await exchange.Response;
    }

    private ResourceRequest? Read(Exchange exchange)
    {
        List<string> parts = [.. exchange.Path.Trim('/').Split('/').Select(Uri.UnescapeDataString)];
        string group = parts[0] == "api" ? "" : parts[1], version = parts[0] == "api" ? parts[1] : parts[2];
        parts.RemoveRange(0, group.Length == 0 ? 2 : 3);
        string? ns = null;
        if (parts.Count > 2 && parts[0] == "namespaces" && !(parts.Count == 3 && parts[2] is "status" or "finalize"))
        {
            ns = parts[1];
            parts.RemoveRange(0, 2);
        }
        if (!machinery.Types.TryFind(group, version, parts[0], out ResourceType? type))
            return null;
        string? name = parts.ElementAtOrDefault(1);
        string verb = exchange.Method switch
        {
            "GET" when exchange.Query["watch"] is not null => "watch",
            "GET" => name is null ? "list" : "get",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            _ => name is null ? "deletecollection" : "delete",
        };
        return new ResourceRequest(type, verb, ns, name, parts.ElementAtOrDefault(2) ?? "");
    }

    private sealed class Exchange(HttpRequestMessage request, Stream body, CancellationToken cancel) : HttpExchange
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<HttpResponseMessage> Response => _response.Task;

        public override string Method => request.Method.Method;

        public override string Path => request.RequestUri!.AbsolutePath;

        public override HttpQuery Query { get; } = new(request.RequestUri!.Query);

        public override IReadOnlyDictionary<string, string> Headers { get; } = request.Headers.Concat(request.Content?.Headers.AsEnumerable() ?? [])
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);

        public override Stream Body { get; } = body;

        public override bool IsWebSocketRequest => false;

        public override CancellationToken Aborted { get; } = cancel;

        public override bool HasStarted => _response.Task.IsCompleted;

        public override Task<Stream> RespondAsync(int status, string? contentType, long? length = null, IReadOnlyDictionary<string, string>? headers = null)
        {
            var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StreamContent(_pipe.Reader.AsStream()) };
            if (contentType is not null)
                response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            response.Content.Headers.ContentLength = length;
            _response.SetResult(response);
            return Task.FromResult(_pipe.Writer.AsStream(leaveOpen: true));
        }

        public override Task<WebSocket> AcceptWebSocketAsync(string? subprotocol) => throw new NotSupportedException();

        public void End(Exception? failure)
        {
            _pipe.Writer.Complete(failure);
            if (failure is not null)
                _response.TrySetException(failure);
        }
    }
}
