using System.Globalization;
using System.Net;
using System.Net.Sockets;
using IstioAdmin.Core.Kube;
using IstioAdmin.Core.Kube.PortForwarding;

namespace IstioAdmin.Core.Mesh.Ingress;

/// <summary>Visits ingress gateways: from where people come, and through the API server where no address leads there.</summary>
public sealed class IngressVisitor
{
    /// <summary>How long an address may take to accept a connection; who drops packets would hold everybody up otherwise.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private const int MostAddresses = 8;

    private readonly MeshCluster _cluster;
    private readonly MeshIngress _ingress;
    private readonly IngressVisitOptions _options;
    private readonly IReporter _reporter;
    private readonly IBrowser _browser;

    private IngressVisitor(MeshCluster cluster, MeshIngress ingress, IngressVisitOptions options, IBrowser browser, IReporter reporter)
    {
        _cluster = cluster;
        _ingress = ingress;
        _options = options;
        _browser = browser;
        _reporter = reporter;
    }

    /// <summary>Fetches a page through a gateway, and opens it in the user's browser where there is one.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="ingress">The gateway, as <see cref="MeshIngresses.ListAsync"/> has just read it.</param>
    /// <param name="options">What to fetch, and how.</param>
    /// <param name="reporter">Told which addresses cannot be reached, and what a browser cannot do.</param>
    /// <param name="cancel">Cancels the visit.</param>
    /// <exception cref="MeshException">
    /// There is no ready pod (<c>IngressNotReady</c>), no port or nothing routed (<c>IngressUnrouted</c>, <c>IngressPageNotFound</c>,
    /// <c>IngressHostNameRequired</c>), the gateway has no route (<c>IngressRouteNotFound</c>) or cannot reach the service
    /// (<c>IngressUpstreamUnavailable</c>), nobody answers (<c>IngressConnectionFailed</c>, <c>IngressTimedOut</c>), or neither an address nor the
    /// API server leads there (<c>IngressNotReachable</c>).
    /// </exception>
    public static Task<IngressVisit> VisitAsync(MeshCluster cluster, MeshIngress ingress, IngressVisitOptions options, IReporter reporter, CancellationToken cancel) =>
        VisitAsync(cluster, ingress, options, new SystemBrowser(), reporter, cancel);

    internal static async Task<IngressVisit> VisitAsync(
        MeshCluster cluster, MeshIngress ingress, IngressVisitOptions options, IBrowser browser, IReporter reporter, CancellationToken cancel)
    {
        var visitor = new IngressVisitor(cluster, ingress, options, browser, reporter);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.Timeout);
        return await visitor.VisitAsync(limit.Token, cancel).ConfigureAwait(false);
    }

    private async Task<IngressVisit> VisitAsync(CancellationToken limit, CancellationToken cancel)
    {
        if (!_ingress.Pods.Any(pod => pod.IsReady))
            throw IngressFailures.NoReadyPod(_ingress);
        IngressTarget target = IngressTarget.Choose(_ingress, _options);
        // The addresses of a practice cluster are in its model only; outside they lead nowhere, or to somebody else's machine.
        if (_options.PortForward || _cluster.Provider == ClusterProvider.Sandbox)
            return await ForwardAsync(target, limit, cancel).ConfigureAwait(false);
        (IngressEndpoint? reached, string tried) = await ReachAsync(target, limit, cancel).ConfigureAwait(false);
        if (reached is not null)
            return await VisitAsync(reached, target, limit, cancel).ConfigureAwait(false);
        _reporter.Warn($"{tried} The page is fetched through the API server instead.");
        try
        {
            return await ForwardAsync(target, limit, cancel).ConfigureAwait(false);
        }
        catch (MeshException e) when (e.ErrorId is "PortForwardFailed" || e.Kind is FailureKind.Forbidden or FailureKind.Connection && e.Target is KubeSubject)
        {
            throw IngressFailures.NoWay(_ingress, tried, e);
        }
    }

    private async Task<IngressVisit> VisitAsync(IngressEndpoint endpoint, IngressTarget target, CancellationToken limit, CancellationToken cancel)
    {
        var request = new PageRequest { Url = endpoint.Url(target.Path), HostName = target.HostName, ConnectTimeout = ConnectTimeout };
        IngressPage page = await FetchAsync(request, endpoint.Via, target, limit, cancel).ConfigureAwait(false);
        bool opened = _options.OpenBrowser && await OpenAsync(page, target, endpoint.Host, endpoint.Port, cancel).ConfigureAwait(false);
        return new IngressVisit(page with { Opened = opened }, null, null);
    }

    private async Task<IngressVisit> ForwardAsync(IngressTarget target, CancellationToken limit, CancellationToken cancel)
    {
        IngressPod pod = _ingress.Pods.First(pod => pod.IsReady);
        IngressPort? servicePort = IngressAddresses.PortOf(_ingress.Ports, target.Server);
        int port = pod.PortOf(servicePort?.TargetPort ?? $"{target.Server.Port}") ?? throw IngressFailures.NoPort(_ingress, target.Server, pod);
        KubeClient client = _cluster.Client;
        bool keep = _options.KeepForwarding || (_options.OpenBrowser && _browser.Obstacle is null);
        // Before anything is fetched: the port may be taken.
        PortForwarder? forwarder = keep
            ? await client.ForwardPortAsync(_ingress.Namespace, pod.Name, port, _options.LocalPort, failure => _reporter.Warn(failure.Message), limit).ConfigureAwait(false)
            : null;
        try
        {
            Uri url = forwarder is null
                ? IngressEndpoint.UrlOf(target.Server.Scheme, $"{_ingress.Name}.{_ingress.Namespace}", servicePort?.Port ?? port, target.Path)
                : IngressEndpoint.UrlOf(target.Server.Scheme, "localhost", forwarder.LocalEndpoint.Port, target.Path);
            var request = new PageRequest
            {
                Url = url,
                HostName = target.HostName,
                ConnectTimeout = _options.Timeout,
                Connect = stop => client.ConnectPortAsync(_ingress.Namespace, pod.Name, port, stop),
            };
            IngressPage page = await FetchAsync(request, IngressVia.PortForward, target, limit, cancel).ConfigureAwait(false);
            bool opened = forwarder is not null && _options.OpenBrowser
                && await OpenAsync(page, target, IPAddress.Loopback.ToString(), forwarder.LocalEndpoint.Port, cancel).ConfigureAwait(false);
            if (forwarder is not null && !opened && !_options.KeepForwarding)
            {
                await forwarder.DisposeAsync().ConfigureAwait(false);
                forwarder = null;
            }
            return new IngressVisit(page with { Opened = opened }, forwarder, pod.Name);
        }
        catch
        {
            if (forwarder is not null)
                await forwarder.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<IngressPage> FetchAsync(PageRequest request, IngressVia via, IngressTarget target, CancellationToken limit, CancellationToken cancel)
    {
        FetchedPage fetched;
        try
        {
            fetched = await request.SendAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw IngressFailures.TimedOut(_ingress, request.Url, _options.Timeout, e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw IngressFailures.Broken(_ingress, request.Url, PageRequest.Reason(e), target.Server, e);
        }
        string? title = PageRequest.TitleOf(fetched.Content);
        var page = new IngressPage
        {
            Cluster = _ingress.Cluster,
            Namespace = _ingress.Namespace,
            Name = _ingress.Name,
            Url = request.Url,
            HostName = request.HostName,
            StatusCode = fetched.StatusCode,
            ReasonPhrase = fetched.ReasonPhrase,
            Title = title,
            Server = fetched.Headers.GetValueOrDefault("server"),
            Via = via,
            Elapsed = fetched.Elapsed,
            Headers = fetched.Headers,
            Services = fetched.Content is { } html ? BookinfoPage.ServicesOf(title, html) : [],
            Certificate = fetched.Certificate,
            Content = fetched.Content,
        };
        if (!fetched.Trusted)
            _reporter.Warn($"{request.Url}: the gateway's certificate is not trusted here, and was accepted to fetch the page: {fetched.Certificate}.");
        if (fetched.IsOfEnvoy && fetched.StatusCode == 404)
            throw IngressFailures.NoRoute(_ingress, target, page);
        if (fetched.IsOfEnvoy && fetched.StatusCode is 502 or 503 or 504)
            throw IngressFailures.Upstream(_ingress, target, page, await IngressBackends.DescribeAsync(_cluster.Client, target.Route, limit).ConfigureAwait(false));
        return page;
    }

    /// <summary>The first address that accepts a connection; all are tried at once.</summary>
    private async Task<(IngressEndpoint? Reached, string Tried)> ReachAsync(IngressTarget target, CancellationToken limit, CancellationToken cancel)
    {
        IngressEndpoint[] endpoints = [.. _ingress.Endpoints.Where(endpoint => endpoint.Server == target.Server).Take(MostAddresses)];
        string pending = _ingress.State == MeshIngressState.Pending
            ? $"The load balancer of the ingress gateway {_ingress} has no address yet, which this cluster may not hand out (Set-IstioMesh -IngressType NodePort does without one). "
            : "";
        if (endpoints.Length == 0)
            return (null, pending.Length > 0 ? pending.TrimEnd() : $"The ingress gateway {_ingress}, of type {_ingress.Type}, has no address outside of the cluster (Set-IstioMesh -IngressType gives it one).");
        Task<string?>[] tries = [.. endpoints.Select(endpoint => TryAsync(endpoint, limit))];
        List<string> failures = [];
        for (int at = 0; at < tries.Length; at++)
        {
            string? failure = await tries[at].ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            if (failure is null)
                return (endpoints[at], "");
            failures.Add($"{endpoints[at].Host}:{endpoints[at].Port.ToString(CultureInfo.InvariantCulture)} ({endpoints[at].Via}): {failure}");
        }
        return (null, $"{pending}No address of the ingress gateway {_ingress} can be reached from here: {string.Join("; ", failures)}.");
    }

    private static async Task<string?> TryAsync(IngressEndpoint endpoint, CancellationToken limit)
    {
        // Only the proxy knows; its answer comes with the page.
        if (PageRequest.ProxyFor(endpoint.Url("/")) is not null)
            return null;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit);
        patience.CancelAfter(ConnectTimeout);
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, patience.Token).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException)
        {
            return "no answer in time";
        }
        catch (SocketException e)
        {
            return e.Message;
        }
    }

    private async Task<bool> OpenAsync(IngressPage page, IngressTarget target, string address, int port, CancellationToken cancel)
    {
        if (_browser.Obstacle is { } obstacle)
        {
            _reporter.Detail($"No browser is opened: {obstacle}.");
            return false;
        }
        Uri url = page.Url;
        if (target.HostName is { } host)
        {
            // A browser asks for the host in its address bar, and for no other.
            url = IngressEndpoint.UrlOf(target.Server.Scheme, host.Split(':')[0], port, target.Path);
            if (!await LeadsToAsync(url.Host, address, cancel).ConfigureAwait(false))
            {
                _reporter.Warn($"No browser is opened: the route is for the host {host}, which does not resolve to {address} here. With the line '{address} {url.Host}' in the hosts file, {url} opens the page.");
                return false;
            }
        }
        if (await _browser.OpenAsync(url, cancel).ConfigureAwait(false) is not { } failure)
            return true;
        _reporter.Warn($"The browser could not be opened: {failure}. The page is at {url}.");
        return false;
    }

    private static async Task<bool> LeadsToAsync(string host, string address, CancellationToken cancel)
    {
        try
        {
            IPAddress[] there = await Dns.GetHostAddressesAsync(host, cancel).ConfigureAwait(false);
            IPAddress[] wanted = await Dns.GetHostAddressesAsync(address, cancel).ConfigureAwait(false);
            return there.Intersect(wanted).Any();
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
