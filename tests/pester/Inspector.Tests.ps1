# The inspector on rules that it writes itself: no cluster, no Linux, no root. ./build.ps1 -Task Pester passes the folder of the assembled module.
param([Parameter(Mandatory)] [string] $ModuleFolder)

BeforeAll {
    Import-Module "$ModuleFolder/IstioAdmin.psd1" -Force
    $leftAlone = 15008, 15020, 15021, 15090
}

AfterAll {
    Remove-Module IstioAdmin -ErrorAction Ignore
}

Describe 'The rules that Istio writes, in <_>' -ForEach 'IPv4', 'IPv6' {
    BeforeAll {
        $rules = New-PodRedirectionRule -Family $_
    }

    It 'are the same after printing and reading' {
        $text = $rules | ConvertTo-IptablesSave
        $again = $text | ConvertFrom-IptablesSave
        $again.Family | Should -Be $_
        $again | ConvertTo-IptablesSave | Should -BeExactly $text
    }

    It 'are the same after a file, read line by line' {
        $rules | ConvertTo-IptablesSave | Set-Content -NoNewline -LiteralPath (Join-Path $TestDrive 'pod[1].save')
        $text = $rules | ConvertTo-IptablesSave
        Get-ChildItem $TestDrive -Filter *.save | ConvertFrom-IptablesSave | ConvertTo-IptablesSave | Should -BeExactly $text
        Get-Content -LiteralPath (Join-Path $TestDrive 'pod[1].save') | ConvertFrom-IptablesSave | ConvertTo-IptablesSave | Should -BeExactly $text
    }

    It 'bring all inbound TCP to the proxy but what they leave alone' {
        $answer = $rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006 -ExceptPort $leftAlone
        $answer.Verdict | Should -Be Proven
        $answer.Escapes | Should -BeNullOrEmpty
    }

    It 'let port <port> escape when it is asked about' -ForEach @(@{ port = 15008 }, @{ port = 15090 }) {
        $answer = $rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006 -Port $port
        $answer.Verdict | Should -Be Escapes
        $answer.Escapes[0].Rule | Should -Match "--dport $port -j RETURN"
    }

    It 'bring what the application sends to the proxy, and not what the proxy sends' {
        $there = @{ IPv4 = '203.0.113.9'; IPv6 = '2001:db8:1::9' }[[string]$rules.Family]
        ($rules | Trace-IptablesPacket Outbound tcp 443 -Destination $there -UserId 1000).Port | Should -Be 15001
        ($rules | Trace-IptablesPacket Outbound tcp 443 -Destination $there -UserId 1337).Kind | Should -Be Sent
    }
}

Describe 'A rule in front of them' {
    BeforeAll {
        $text = (New-PodRedirectionRule | ConvertTo-IptablesSave) -replace '(?m)^-A PREROUTING', "-A PREROUTING -s 10.244.7.77/32 -j ACCEPT`n-A PREROUTING"
        $rules = $text | ConvertFrom-IptablesSave
        $answer = $rules | Find-IptablesEscape Inbound tcp -RedirectedTo 15006 -ExceptPort $leftAlone
    }

    It 'lets packets escape, and is named' {
        $answer.Verdict | Should -Be Escapes
        $answer.Escapes | Should -HaveCount 1
        $answer.Escapes[0].Rule | Should -Match '^rule 1 of PREROUTING in table nat'
    }

    It 'comes with a packet that a trace confirms' {
        $packet = $answer.Escapes[0].Example
        $packet.SourceAddress | Should -Be 10.244.7.77
        ($rules | Trace-IptablesPacket Inbound tcp $packet.DestinationPort -Source $packet.SourceAddress).Kind | Should -Be Delivered
    }

    It 'shows in the view of the answer' {
        $shown = $answer | Out-String -Width 120
        $shown | Should -Match 'Verdict +: Escapes'
        $shown | Should -Match 'for example tcp 10\.244\.7\.77:'
    }
}
