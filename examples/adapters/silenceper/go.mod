module example.com/keyring

go 1.18
