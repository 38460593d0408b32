// Tests of Node code that uses the SSH keys API, against the sandbox, without any dependency:
//
//	gcore-sshkeys sandbox &
//	node --test sshkeys.test.mjs
import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'

const base = process.env.GCORE_BASE_URL ?? 'http://127.0.0.1:4010'
const keys = '/cloud/v1/ssh_keys/1'
const documented = `${keys}/36a7a97a-0672-4911-8f2b-92cd4e5b0d91` // the sandbox starts with this key

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { Authorization: 'apikey any', 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const text = await response.text()
  return { status: response.status, body: text && JSON.parse(text) }
}

beforeEach(async () => assert.equal((await call('POST', '/_sandbox/reset')).status, 200))

test('create a key that Gcore generates', async () => {
  const created = await call('POST', keys, { name: 'laptop' })
  assert.equal(created.status, 201)
  assert.equal(created.body.name, 'laptop')
  assert.match(created.body.public_key, /^ssh-ed25519 /)
  assert.match(created.body.private_key, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/)
  assert.equal((await call('GET', `${keys}/${created.body.id}`)).body.private_key, undefined)
})

test('create a key by uploading its public key', async () => {
  const public_key = (await call('GET', documented)).body.public_key
  const created = await call('POST', keys, { name: 'server', public_key, shared_in_project: false })
  assert.equal(created.status, 201)
  assert.equal(created.body.public_key, public_key)
  assert.equal(created.body.private_key, null)
  assert.equal(created.body.shared_in_project, false)
})

test('list keys page by page', async () => {
  for (const name of ['b', 'c', 'a']) await call('POST', keys, { name })
  const page = await call('GET', `${keys}?order_by=name.asc&limit=2&offset=1`)
  assert.equal(page.status, 200)
  assert.equal(page.body.count, 4)
  assert.deepEqual(page.body.results.map((key) => key.name), ['b', 'c'])
  assert.equal((await call('GET', `${keys}?name=ssh`)).body.count, 1)
})

test('get, update and delete a key', async () => {
  const found = await call('GET', documented)
  assert.equal(found.status, 200)
  assert.equal(found.body.name, 'my-ssh-key')
  assert.equal(found.body.shared_in_project, true)

  const updated = await call('PATCH', documented, { shared_in_project: false })
  assert.equal(updated.status, 200)
  assert.deepEqual(updated.body, { ...found.body, shared_in_project: false })
  assert.deepEqual((await call('GET', documented)).body, updated.body)

  assert.deepEqual(await call('DELETE', documented), { status: 204, body: '' })
  assert.equal((await call('GET', documented)).status, 404)
})

test('the response to a create is lost', async () => {
  const fault = { operation: 'createSSHKey', fault: { status: 504 } } // the key is created all the same
  assert.equal((await call('POST', '/_sandbox/faults', fault)).status, 200)
  assert.equal((await call('POST', keys, { name: 'laptop' })).status, 504)
  assert.equal((await call('GET', `${keys}?name=laptop`)).body.count, 1)
})
