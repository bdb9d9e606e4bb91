# A first session on the cluster of the current kubeconfig. It installs Bookinfo into a namespace that the caller names; the namespace must exist
# and have no Bookinfo. ./build.ps1 -Task Pester -Cluster runs it, with the namespace in ISTIOADMIN_TEST_NAMESPACE ('default' when it is not set).
param([Parameter(Mandatory)] [string] $ModuleFolder)

BeforeAll {
    Import-Module "$ModuleFolder/IstioAdmin.psd1" -Force
    $namespace = $env:ISTIOADMIN_TEST_NAMESPACE ? $env:ISTIOADMIN_TEST_NAMESPACE : 'default'
    $cluster = Connect-MeshCluster
}

AfterAll {
    if ($cluster) {
        Remove-Bookinfo -Namespace $namespace -Cluster $cluster -Confirm:$false | Out-Null
        $cluster | Disconnect-MeshCluster
    }
    Remove-Module IstioAdmin -ErrorAction Ignore
}

Describe 'A first session' -Tag Cluster {
    It 'connects and makes the cluster the current one' {
        (Get-MeshCluster -Current).Name | Should -Be $cluster.Name
        $cluster.Version | Should -Match '^v\d+\.\d+'
    }

    It 'changes nothing with -WhatIf' {
        Install-Bookinfo -Namespace $namespace -WhatIf
        Get-MeshPod details-v1-* -Namespace $namespace | Should -BeNullOrEmpty
    }

    It 'installs Bookinfo, and a second time changes nothing' {
        (Install-Bookinfo -Namespace $namespace -NoWait -Confirm:$false).Changed | Should -BeTrue
        (Install-Bookinfo -Namespace $namespace -NoWait -Confirm:$false).Changed | Should -BeFalse
    }

    It 'says of every pod whether Istio must redirect it, and why' {
        $deadline = [datetime]::UtcNow.AddMinutes(2)
        do {
            $pods = Get-MeshPod -Namespace $namespace -LabelSelector 'app in (details, ratings, reviews, productpage)'
            if (@($pods).Count -lt 6) {
                Start-Sleep -Milliseconds 500
            }
        } until (@($pods).Count -ge 6 -or [datetime]::UtcNow -gt $deadline)

        @($pods).Count | Should -BeGreaterOrEqual 6
        foreach ($pod in $pods) {
            $pod.RedirectionConditions | Should -Not -BeNullOrEmpty
            $pod.RedirectionExpected | Should -Be (-not ($pod.RedirectionConditions | Where-Object Met -EQ $false))
        }
    }

    It 'removes what it installed' {
        (Remove-Bookinfo -Namespace $namespace -Confirm:$false).Changed | Should -BeTrue
        (Remove-Bookinfo -Namespace $namespace -Confirm:$false).Changed | Should -BeFalse
    }
}
