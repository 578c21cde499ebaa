import { Pool } from 'pg';
import { CREATE_TABLE } from './postgresSessionStore.js';

const pool = new Pool({ connectionString: process.env.POSTGRES_URL });
await pool.query(CREATE_TABLE);
await pool.end();
