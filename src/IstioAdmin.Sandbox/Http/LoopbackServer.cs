using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace IstioAdmin.Sandbox.Http;

/// <summary>
/// An HTTP/1.1 server on 127.0.0.1: keep-alive, pipelining, chunks both ways, WebSockets, with TLS or without. It is what the sandbox needs of one
/// where no server comes with the platform.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Socket _listener;
    private readonly HttpHandler _handler;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly HttpLimits _limits;
    private readonly Action<Exception> _onError;
    private readonly ConcurrentDictionary<LoopbackConnection, Task> _connections = new();
    private readonly Task _accepting;
    private volatile bool _isStopping;

    private LoopbackServer(Socket listener, HttpHandler handler, X509Certificate2? certificate, HttpLimits limits, Action<Exception> onError)
    {
        _listener = listener;
        _handler = handler;
        _limits = limits;
        _onError = onError;
        _tls = certificate is null ? null : new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Address = new Uri($"{(certificate is null ? "http" : "https")}://127.0.0.1:{Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The base address.</summary>
    public Uri Address { get; }

    /// <summary>How many clients are connected.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Starts a server.</summary>
    /// <param name="handler">Answers the requests, several at a time.</param>
    /// <param name="certificate">The certificate with its key; null for no TLS.</param>
    /// <param name="port">The port; with 0 the system chooses one.</param>
    /// <param name="limits">What it puts up with.</param>
    /// <param name="onError">Told what handlers fail with.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static LoopbackServer Start(
        HttpHandler handler, X509Certificate2? certificate = null, int port = 0, HttpLimits? limits = null, Action<Exception>? onError = null)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Windows would let another program share the port otherwise.
            if (OperatingSystem.IsWindows())
                listener.ExclusiveAddressUse = true;
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen(512);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        return new LoopbackServer(listener, handler, certificate, limits ?? new HttpLimits(), onError ?? (_ => { }));
    }

    /// <summary>
    /// Stops: takes no more connections, lets requests end for a short while, tells the rest that they are not wanted any more, and cuts what is left.
    /// </summary>
    public async Task StopAsync()
    {
        _isStopping = true;
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (LoopbackConnection connection in _connections.Keys)
            connection.Stop();
        if (!await EndedWithinAsync(Grace).ConfigureAwait(false))
        {
            foreach (LoopbackConnection connection in _connections.Keys)
                connection.Abort();
            if (!await EndedWithinAsync(Patience).ConfigureAwait(false))
            {
                foreach (LoopbackConnection connection in _connections.Keys)
                    connection.Disconnect();
                await EndedWithinAsync(Patience).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task AcceptAsync()
    {
        while (!_isStopping)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (_isStopping)
            {
                return;
            }
            catch (SocketException)
            {
                // The client was gone before we looked, or the process has no file descriptors left: others still wait.
                await Task.Delay(10).ConfigureAwait(false);
                continue;
            }
            socket.NoDelay = true;
            var connection = new LoopbackConnection(socket, _handler, _tls, _limits, _onError);
            // Known before it runs, so that it cannot end unseen.
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _connections[connection] = ServeAsync(connection, started.Task);
            started.SetResult();
        }
    }

    private async Task ServeAsync(LoopbackConnection connection, Task started)
    {
        await started.ConfigureAwait(false);
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _onError(e);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private async Task<bool> EndedWithinAsync(TimeSpan time)
    {
        Task all = Task.WhenAll(_connections.Values);
        return await Task.WhenAny(all, Task.Delay(time)).ConfigureAwait(false) == all;
    }
}
