using System.Runtime.Versioning;
using IstioAdmin.Core.Mesh.Ingress;
using IstioAdmin.Core.Tests.Kube.World;

namespace IstioAdmin.Core.Tests.Mesh.Ingress;

public class SystemBrowserTests
{
    [Theory]
    [InlineData(false, false, "CI=true DISPLAY=:0", "CI is set")]
    [InlineData(false, false, "", "no display")]
    [InlineData(false, false, "SSH_CONNECTION=1", "ssh and has no display")]
    [InlineData(false, false, "DISPLAY=:0 PATH=/nonexistent", "no xdg-open")]
    [InlineData(false, true, "SSH_CONNECTION=1", "ssh")]
    [InlineData(false, true, "CI=false", null)]
    [InlineData(true, false, "SSH_CONNECTION=1", "ssh")]
    public void A_browser_is_for_whoever_sits_there(bool windows, bool mac, string environment, string? obstacle)
    {
        SystemBrowser browser = Browser(environment, windows, mac);

        if (obstacle is null)
            Assert.Null(browser.Obstacle);
        else
            Assert.Contains(obstacle, browser.Obstacle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(3, "the browser's starter ended with exit code 3")]
    [UnsupportedOSPlatform("windows")]
    public async Task The_starter_gets_the_address_and_may_refuse(int exitCode, string? failure)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a script stands in for xdg-open");
        using var folder = new TemporaryDirectory();
        folder.WriteScript("xdg-open", $"echo \"$1\" > '{folder.FullPath}/opened'; echo noise; exit {exitCode}");
        SystemBrowser browser = Browser($"DISPLAY=:0 PATH={folder.FullPath}", false, false);

        Assert.Null(browser.Obstacle);
        string? said = await browser.OpenAsync(new Uri("http://127.0.0.1:8080/a?b=1&c=$(2)"), TestContext.Current.CancellationToken);

        Assert.Equal("http://127.0.0.1:8080/a?b=1&c=$(2)\n", await File.ReadAllTextAsync($"{folder.FullPath}/opened", TestContext.Current.CancellationToken));
        Assert.Equal(failure, said);
    }

    private static SystemBrowser Browser(string environment, bool windows, bool mac)
    {
        Dictionary<string, string> variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new SystemBrowser { Variable = name => variables.GetValueOrDefault(name), IsWindows = windows, IsMacOS = mac, Patience = TimeSpan.FromMinutes(2) };
    }
}
