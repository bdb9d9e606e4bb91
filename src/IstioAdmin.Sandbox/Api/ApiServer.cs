using IstioAdmin.Sandbox.Api.Access;
using IstioAdmin.Sandbox.Api.Connect;
using IstioAdmin.Sandbox.Api.Discovery;
using IstioAdmin.Sandbox.Api.OpenApi;
using IstioAdmin.Sandbox.Http;

namespace IstioAdmin.Sandbox.Api;

/// <summary>Answers a request about resources that are stored.</summary>
internal delegate Task ResourceHandling(HttpExchange exchange, ApiUser user, RequestAttributes about);

/// <summary>The API server's front door: who asks, whether they may, and who answers.</summary>
internal sealed class ApiServer
{
    private static readonly string[] Probes = ["healthz", "livez", "readyz"];

    private readonly Authenticator _authenticator;
    private readonly IAuthorizer _authorizer;
    private readonly Impersonator _impersonator;
    private readonly Reviews _reviews;
    private readonly DiscoveryHandler _discovery;
    private readonly OpenApiHandler _openApi;
    private readonly ConnectHandler _connect;
    private readonly ResourceHandling _resources;
    private readonly Action<Exception> _onError;
    private long _requests;

    public ApiServer(
        Authenticator authenticator, IAuthorizer authorizer, Reviews reviews, DiscoveryHandler discovery, OpenApiHandler openApi, ConnectHandler connect,
        ResourceHandling resources, ApiFaults? faults = null, Action<Exception>? onError = null)
    {
        _authenticator = authenticator;
        _authorizer = authorizer;
        _impersonator = new Impersonator(authorizer);
        _reviews = reviews;
        _discovery = discovery;
        _openApi = openApi;
        _connect = connect;
        _resources = resources;
        _onError = onError ?? (_ => { });
        Faults = faults ?? new ApiFaults();
    }

    /// <summary>Faults on demand.</summary>
    public ApiFaults Faults { get; }

    /// <summary>How many requests there have been.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Answers a request; an <see cref="HttpHandler"/>.</summary>
    public async Task HandleAsync(HttpExchange exchange)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await AnswerAsync(exchange).ConfigureAwait(false);
        }
        catch (ApiException e) when (!exchange.HasStarted)
        {
            await JsonAnswer.WriteAsync(exchange, e).ConfigureAwait(false);
        }
        catch (Exception e) when (!exchange.HasStarted && e is not (RefusedRequestException or OutOfMemoryException) && !exchange.Aborted.IsCancellationRequested)
        {
            _onError(e);
            await JsonAnswer.WriteAsync(exchange, new ApiException(500, "InternalError", $"Internal error occurred: {e.Message}")).ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpExchange exchange)
    {
        ApiUser user = _impersonator.Impersonate(_authenticator.Authenticate(exchange), exchange);
        RequestAttributes about = RequestInfo.Read(exchange);
        bool isProbe = about.NonResourcePath is { } path && Probes.Any(probe => path.TrimStart('/').StartsWith(probe, StringComparison.Ordinal));
        if (!isProbe && !IsControlPlane(user))
            Faults.Apply();
        if (!_authorizer.Authorize(user, about, out string reason))
            throw Refusals.Forbidden(user, about, reason);

        if (about.NonResourcePath is not null)
        {
            if (!await _discovery.TryHandleAsync(exchange).ConfigureAwait(false) && !await _openApi.TryHandleAsync(exchange).ConfigureAwait(false))
                await _discovery.NotFoundAsync(exchange).ConfigureAwait(false);
            return;
        }
        if (await _reviews.TryHandleAsync(exchange, user, about).ConfigureAwait(false) || await _connect.TryHandleAsync(exchange, about).ConfigureAwait(false))
            return;
        if (about.Verb == "watch" && !IsControlPlane(user))
            await WatchAsync(exchange, user, about).ConfigureAwait(false);
        else
            await _resources(exchange, user, about).ConfigureAwait(false);
    }

    private async Task WatchAsync(HttpExchange exchange, ApiUser user, RequestAttributes about)
    {
        CancellationToken cut = Faults.WatchCut;
        using var aborted = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted, cut);
        using var lifetime = new CancellationTokenSource();
        using CancellationTokenRegistration over = lifetime.Token.Register(aborted.Cancel);
        if (Faults.WatchLifetime is { } life)
            lifetime.CancelAfter(life);
        await _resources(new CuttableExchange(exchange, aborted.Token), user, about).ConfigureAwait(false);
        // A watch that is cut must not look as if it had ended.
        if (exchange.HasStarted && (cut.IsCancellationRequested || lifetime.IsCancellationRequested) && !exchange.Aborted.IsCancellationRequested)
            throw new IOException("The watch was cut.");
    }

    // What the sandbox itself is made of.
    private static bool IsControlPlane(ApiUser user) => user.Name.StartsWith("system:kube-", StringComparison.Ordinal)
        || user.Name.StartsWith("system:node:", StringComparison.Ordinal) || user.Name == "system:apiserver";
}
