<#
The whole road, from a cluster to pods whose redirection is proven, and back from three faults: each command is explained, printed as if it had been typed,
run, and its result checked.

    dotnet run --project src/IstioAdmin.Console -- -File docs/tour.ps1     on a practice cluster in this process, about half a minute
    pwsh docs/tour.ps1                                                     the same in PowerShell, with the module imported or built in this clone
    pwsh docs/tour.ps1 -Cluster NAME                                       on a cluster that Connect-MeshCluster connected, or on that kubeconfig context

On a cluster of yours it installs Banzai Cloud's Istio operator, a mesh and Bookinfo, asks before it does, breaks nothing, and leaves all of it there.
The exit code is the number of steps that did not hold.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    # The cluster; without it, a practice cluster is made and taken away again.
    [string]$Cluster,
    # The namespace for Bookinfo on a cluster of yours.
    [string]$Namespace = 'default',
    # Open the product page in a browser, and forward its port until Ctrl+C.
    [switch]$Browser
)

$ErrorActionPreference = 'Stop'
$ConfirmPreference = 'None'
$own = $Cluster.Length -gt 0
if (-not $own) { $Namespace = 'default' }

if (-not (Get-Command Test-PodRedirection -ErrorAction Ignore)) {
    $built = [IO.Path]::Combine($PSScriptRoot, '..', 'out', 'IstioAdmin')
    $manifests = if ([IO.Directory]::Exists($built)) { [IO.Directory]::GetFiles($built, 'IstioAdmin.psd1', 'AllDirectories') }
    if (-not $manifests) { throw "The module IstioAdmin is not imported, and is not built in this clone: run 'dotnet build' first, or Import-Module IstioAdmin." }
    Import-Module @($manifests)[-1]
}

# Where: 'practice' for the practice cluster only, 'own' for a cluster of yours only, nothing for both.
$steps = @(
    @{
        Where = 'practice'
        Say = 'A practice cluster lives in this process, with a Pipeline that makes more of them. Nothing in it is real: no image runs and no packet flows, but the API, the objects and the rules of its pods are as on real nodes.'
        Run = { Start-MeshSandbox | Connect-Pipeline }
        Expect = 'a Pipeline is connected'
        Check = { @($result).Count -eq 1 }
    }
    @{
        Where = 'practice'
        Say = 'PKE is a Kubernetes distribution that Pipeline installs on the machines of a cloud. Node pools say which machines; here two pools, three machines.'
        Run = {
            $pools = (New-PkeNodePool master master c5.large -Zone eu-central-1c), (New-PkeNodePool pool1 worker t2.medium -Zone eu-central-1c -Count 2)
            $pke = $pools | New-PkeCluster istio-cni-demo -Location eu-central-1 -SecretName aws-secret -KubernetesVersion 1.12.2
            $pke
        }
        Expect = 'the cluster is running'
        Check = { $pke.Status -eq 'RUNNING' }
    }
    @{
        Where = 'practice'
        Say = 'From here on it is a cluster like any other.'
        Run = { $pke | Connect-MeshCluster }
        Expect = 'the cluster is connected'
        Check = { @($result).Count -eq 1 -and $result.Name -like '*istio-cni-demo*' }
    }
    @{
        Where = 'own'
        Say = 'The cluster that the tour runs on.'
        Run = { Get-MeshCluster $Cluster }
        Expect = 'the cluster is connected'
        Check = { @($result).Count -eq 1 }
    }
    @{
        Say = "An operator turns one object, the mesh, into Istio's control plane."
        Run = { Install-IstioOperator -Distribution Banzai }
        Expect = 'the operator is ready'
        Check = { $result.Ready }
    }
    @{
        Say = 'The mesh: mutual TLS between all of its pods, and sidecars for the pods of one namespace.'
        Run = { New-IstioMesh istio-sample -Mtls -AutoInjectionNamespace $Namespace }
        Expect = 'the mesh is available'
        Check = { $result.Status -eq 'Available' }
    }
    @{
        Say = "Istio's sample application. Each pod gets a sidecar, and a privileged init container that writes the rules which lead its traffic there."
        Run = { Install-Bookinfo -Namespace $Namespace -WithGateway }
        Expect = 'Bookinfo is ready'
        Check = { $result.Ready }
    }
    @{
        Say = 'So whoever may create a pod here needs NET_ADMIN.'
        Run = { Get-MeshPod -Namespace $Namespace }
        Expect = 'every pod has istio-init'
        Check = { @($result | Where-Object { $_.RedirectMethod -ne 'InitContainer' }).Count -eq 0 -and @($result).Count -ge 6 }
    }
    @{
        Say = "The CNI plugin does the same on the node, for nobody's privileges. Enable-IstioCni checks what must hold first, switches the mesh, restarts the workloads one after another, and proves the rules of each before the next."
        Run = { Enable-IstioCni -ExcludeNamespace istio-system -Migrate }
        Expect = 'CNI is on'
        Check = { $true }
    }
    @{
        Say = 'No pod has an init container any more.'
        Run = { Get-MeshPod -Namespace $Namespace }
        Expect = 'every pod relies on the CNI plugin'
        Check = { @($result | Where-Object { $_.RedirectMethod -ne 'Cni' -or $_.InitContainers.Count -gt 0 }).Count -eq 0 -and @($result).Count -ge 6 }
    }
    @{
        Say = 'Is their traffic redirected all the same? The rules are read out of each pod, and the answer holds for all packets, not for a sample. (NotSeen is a remark: what read the rules has no nft, so rules that are nftables'' own would have been missed.)'
        Run = { Get-MeshPod -Namespace $Namespace | Test-PodRedirection }
        Expect = 'every pod is redirected, proven for both directions'
        Check = { @($result | Where-Object { $_.Verdict -ne 'Redirected' -or $_.Inbound.State -ne 'Proven' -or $_.Outbound.State -ne 'Proven' }).Count -eq 0 -and @($result).Count -ge 6 }
    }
    @{
        Where = 'practice'
        Say = "First fault: somebody flushes the rules of a pod. It still runs and answers, and its object says nothing of it."
        Run = { Get-MeshPod ratings* -Namespace default | Set-MeshSandboxFault RulesFlushed -Sandbox istio-cni-demo }
        Expect = 'nothing is a lasting fault'
        Check = { @($result).Count -eq 0 }
    }
    @{
        Where = 'practice'
        Say = 'Second fault: the rules of another pod are those of somebody who once left out a network of a data base, and forgot.'
        Run = {
            $holed = New-PodRedirectionRule FirstGeneration -InboundPort 9080 -ExcludeOutboundIpRange 192.0.2.0/24 | ConvertTo-IptablesSave
            Get-MeshPod reviews-v2* -Namespace default | Set-MeshSandboxFault RulesReplaced -Text $holed -Sandbox istio-cni-demo
        }
        Expect = 'nothing is a lasting fault'
        Check = { @($result).Count -eq 0 }
    }
    @{
        Where = 'practice'
        Say = "Third fault: an update of the cluster's own network plugin writes its configuration on the nodes anew, without Istio's plugin. Pods that start from now on get no rules."
        Run = {
            $nodes = (Get-MeshPod istio-cni* -Namespace istio-system).Node
            Set-MeshSandboxFault ConfigOverwritten $nodes -Sandbox istio-cni-demo
        }
        Expect = 'it is so on each node'
        Check = { @($result).Count -eq 3 }
    }
    @{
        Where = 'practice'
        Say = 'And a workload is rolled out, as happens every day.'
        Run = { Restart-MeshWorkload Deployment/details-v1 -Namespace default }
        Expect = 'its pods are new and ready'
        Check = { @($result).Count -eq 1 }
    }
    @{
        Where = 'practice'
        Say = 'All pods are Running and Ready. The proof finds the three, and for each shows a packet that escapes.'
        Run = {
            $broken = Get-MeshPod -Namespace default | Test-PodRedirection | Where-Object Verdict -ne Redirected
            $broken
        }
        Expect = 'exactly the three are found'
        Check = { @($broken).Count -eq 3 -and @('details-*', 'ratings-*', 'reviews-v2-*' | Where-Object { $broken.Name -like $_ }).Count -eq 3 }
    }
    @{
        Where = 'practice'
        Say = 'For instance:'
        Run = { $broken | ForEach-Object { @($_.Escapes)[0] } }
        Expect = 'each has an escaping packet, one of them to the network that was left out'
        Check = { @($result).Count -eq 3 -and @($result | Where-Object { "$_" -like '*192.0.2.*' }).Count -eq 1 }
    }
    @{
        Where = 'practice'
        Say = 'What users see of it: the page, with what is missing.'
        Run = { Get-IstioIngress | Show-IstioIngress -NoBrowser }
        Expect = 'the page says that details did not answer'
        Check = { @($result.Services | Where-Object { -not $_.Answered }).Count -ge 1 }
    }
    @{
        Where = 'practice'
        Say = 'The nodes are put in order, and the broken pods are replaced, each proven.'
        Run = {
            Set-MeshSandboxFault -Clear -Sandbox istio-cni-demo
            $broken | Repair-PodRedirection
        }
        Expect = 'three pods are repaired'
        Check = { @($result).Count -ge 3 }
    }
    @{
        Where = 'practice'
        Say = 'And the proof once more, for all.'
        Run = { Get-MeshPod -Namespace default | Test-PodRedirection }
        Expect = 'every pod is redirected, proven for both directions'
        Check = { @($result | Where-Object { $_.Verdict -ne 'Redirected' -or $_.Inbound.State -ne 'Proven' -or $_.Outbound.State -ne 'Proven' }).Count -eq 0 -and @($result).Count -ge 6 }
    }
    @{
        Say = 'The product page, through the ingress gateway, as a user gets it.'
        Run = if ($Browser) { { Get-IstioIngress | Show-IstioIngress } } else { { Get-IstioIngress | Show-IstioIngress -NoBrowser } }
        Expect = 'the page is there and every service answered'
        Check = { $result.StatusCode -eq 200 -and @($result.Services | Where-Object { -not $_.Answered }).Count -eq 0 -and @($result.Services).Count -ge 3 }
    }
)

# A remark, in lines that a terminal shows whole.
function Write-Remark([string]$Text) {
    $line = '#'
    foreach ($word in $Text -split ' ') {
        if ($line.Length + $word.Length -ge 110) {
            $line | Out-Default
            $line = '#'
        }
        $line += " $word"
    }
    $line | Out-Default
}

$failed = 0
$number = 0
$clock = [Diagnostics.Stopwatch]::StartNew()
$steps = @($steps | Where-Object { -not $_.Where -or $_.Where -eq $(if ($own) { 'own' } else { 'practice' }) })
if ($own) {
    if (-not (Get-MeshCluster $Cluster -ErrorAction Ignore)) {
        try { $null = Connect-MeshCluster -Context $Cluster }
        catch { throw "Cluster '$Cluster' is not connected, and cannot be connected by that context: $($_.Exception.Message)" }
    }
    $ConfirmPreference = 'High'
    if (-not $PSCmdlet.ShouldProcess("cluster $Cluster", "install Banzai Cloud's Istio operator, the mesh istio-sample and Bookinfo in namespace $Namespace, and leave them there")) { exit 0 }
    $ConfirmPreference = 'None'
}

try {
    foreach ($step in $steps) {
        $number++
        '' | Out-Default
        Write-Remark "$number of $($steps.Count). $($step.Say)"
        # As one would type it: without what the file indents it by.
        $lines = @($step.Run.ToString().Replace("`r", '').Trim() -split "`n" | ForEach-Object { $_.Trim() })
        if ($own) { $lines = @($lines | ForEach-Object { $_.Replace('$Namespace', $Namespace).Replace('$Cluster', $Cluster) }) }
        else { $lines = @($lines | ForEach-Object { $_.Replace('$Namespace', 'default') }) }
        foreach ($line in $lines) { "PS> $line" | Out-Default }
        $before = $clock.Elapsed
        $result = $null
        $problem = $null
        try {
            # In this scope, so that variables are there for the steps that follow.
            $result = @(. $step.Run)
            $result | Out-Default
            if (-not (. $step.Check)) { $problem = "it should be that $($step.Expect)" }
        }
        catch {
            $problem = $_.Exception.Message
        }
        $took = ($clock.Elapsed - $before).TotalSeconds.ToString('0.0', [Globalization.CultureInfo]::InvariantCulture)
        if (-not $problem) {
            Write-Remark "Holds: $($step.Expect) ($took s)."
            continue
        }
        $failed++
        Write-Remark "DOES NOT HOLD: $problem ($took s)."
        # Without a cluster or a mesh the rest is noise.
        if ($number -le 7) { break }
    }
}
finally {
    if (-not $own) { Get-MeshSandbox | Stop-MeshSandbox }
}
'' | Out-Default
$whole = $clock.Elapsed.TotalSeconds.ToString('0', [Globalization.CultureInfo]::InvariantCulture)
if ($failed) { "$failed of $($steps.Count) steps did not hold ($whole s)." | Out-Default }
else {
    "All $($steps.Count) steps held ($whole s)." | Out-Default
    if ($own) { "To take it away again: Remove-Bookinfo -Namespace $Namespace; Remove-IstioMesh istio-sample; Uninstall-IstioOperator -Distribution Banzai" | Out-Default }
}
exit $failed
